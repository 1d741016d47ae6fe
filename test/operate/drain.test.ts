import type * as os from "node:os";
import { drainSwitchSchema } from "../../components/node/protocol/drainSwitch";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import {
  runDrain,
  runUndrain,
  type DrainOptions,
  type SwitchResult,
  type UndrainOptions,
} from "../../infra/operate/drain";
import { Edge, type Ran, type Region } from "./edge";

/** The module itself: what a test changes in it the program sees. */
const system = jest.requireActual<typeof os>("node:os");

let edge: Edge;
beforeEach(async () => {
  edge = await Edge.start();
});
afterEach(() => edge.stop());

const REASON = "packet loss";

function drain(region: string, options: Partial<DrainOptions> = {}): Promise<Ran> {
  const all: DrainOptions = {
    ...{ stack: "edge", outputs: edge.outputs, timeout: "1" },
    ...{ now: true, reason: REASON, yes: true },
    ...options,
  };
  return edge.run((terminal, folder) => runDrain(region, all, terminal, folder));
}

function undrain(region: string, options: Partial<UndrainOptions> = {}): Promise<Ran> {
  const all: UndrainOptions = { stack: "edge", outputs: edge.outputs, timeout: "1", ...options };
  return edge.run((terminal, folder) => runUndrain(region, all, terminal, folder));
}

const switchOf = (region: Region): string | undefined => edge.cloud.object(edge.bucket(region), STORE_KEYS.drain);

function throwSwitch(region: Region, content: string): void {
  edge.cloud.put(edge.bucket(region), STORE_KEYS.drain, content);
}

/** What outputs of version 0.1.0 do not have. */
const FORMER = { configurationKeys: undefined, secretGenerations: undefined, hosts: undefined, healthCheck: undefined };

const BY_HAND = JSON.stringify({ reason: "a test", by: "eve", at: "2026-01-02T03:04:05Z" });

describe("footprint drain --now", () => {
  test("throws the PoP's switch, with who and why, and says when clients are gone", async () => {
    const { status, out, err } = await drain("eu-central-1");

    expect(status).toBe(0);
    expect(drainSwitchSchema.parse(JSON.parse(switchOf("eu-central-1") ?? ""))).toMatchObject({ reason: REASON });
    expect(err).toContain("other PoPs\n  ap-southeast-2: 2 of 2 nodes healthy\n  us-east-1: 2 of 2 nodes healthy\n");
    expect(out).toBe(
      "eu-central-1 is switched off. Route 53 sends it no new ones after about 30 s, and what resolvers keep is over 60 s later.\n",
    );
  });

  test("needs of the outputs the stores alone, so that those of a former version do in an incident", async () => {
    edge.writeOutputs({ ...FORMER, nodeGroups: undefined });

    const { status, err } = await drain("eu-central-1");

    expect(status).toBe(0);
    expect(drainSwitchSchema.parse(JSON.parse(switchOf("eu-central-1") ?? ""))).toMatchObject({ reason: REASON });
    // Of the nodes' own reports.
    expect(err).toContain("other PoPs\n  ap-southeast-2: 2 of 2 nodes healthy\n  us-east-1: 2 of 2 nodes healthy\n");
    expect((await undrain("eu-central-1")).status).toBe(0);
    expect(switchOf("eu-central-1")).toBeUndefined();
  });

  describe("names whoever did it", () => {
    const { userInfo } = system;
    const by = async (): Promise<string | undefined> => {
      const { out } = await drain("eu-central-1", { json: true });
      return (JSON.parse(out) as SwitchResult).drained?.by.split("@")[0];
    };
    beforeEach(() => {
      system.userInfo = () => {
        throw new Error("ENOENT: no such file or directory, uv_os_get_passwd");
      };
    });
    afterEach(() => {
      system.userInfo = userInfo;
    });

    test("by the environment where the system has no name for the user", async () => {
      process.env["USER"] = "eve";
      expect(await by()).toBe("eve");
    });

    test("by the number where nothing has a name for the user", async () => {
      delete process.env["USER"];
      expect(await by()).toBe(`uid ${String(process.getuid?.())}`);
    });
  });

  test("asks first", async () => {
    edge.answer = "no";
    await expect(drain("eu-central-1", { yes: undefined })).rejects.toMatchObject({ message: "nothing was done" });
    expect(switchOf("eu-central-1")).toBeUndefined();

    edge.answer = "yes";
    expect((await drain("eu-central-1", { yes: undefined })).err).toContain(
      "Take eu-central-1 out of service? Its clients go to the other PoPs. [y/N] ",
    );
    expect(switchOf("eu-central-1")).toBeDefined();
  });

  test("one that is switched off already stays as it is, and is named", async () => {
    throwSwitch("eu-central-1", BY_HAND);

    const { status, err } = await drain("eu-central-1");

    expect(status).toBe(0);
    expect(err).toBe("eu-central-1 is switched off by eve at 2026-01-02T03:04:05Z: a test\n");
    expect(switchOf("eu-central-1")).toBe(BY_HAND);
  });

  test("needs one other PoP that serves, not more", async () => {
    throwSwitch("us-east-1", BY_HAND);
    edge.report("ap-southeast-2", "i-ap-southeast-2-1", { health: { node: "Varnish does not answer", pop: "ok" } });

    expect((await drain("eu-central-1")).status).toBe(0);
  });

  test("counts on nodes' own reports where Auto Scaling does not answer", async () => {
    edge.cloud.outage("autoscaling", "refuses");

    expect((await drain("eu-central-1")).status).toBe(0);
  });

  test("prints one JSON object", async () => {
    const { out } = await drain("eu-central-1", { json: true });

    const survey = { state: "active", drained: null, nodes: 2, healthy: 2, unknown: null, serves: true };
    const result = JSON.parse(out) as SwitchResult;
    expect(result).toEqual({
      stack: "edge",
      region: "eu-central-1",
      changed: true,
      drained: { reason: REASON, by: expect.stringContaining("@") as string, at: result.drained?.at },
      others: [
        { region: "ap-southeast-2", ...survey },
        { region: "us-east-1", ...survey },
      ],
    });
  });

  test("--wait ends when every node says so, and else names those that do not", async () => {
    const off = { health: { node: "ok", pop: "drained: packet loss" } };
    edge.reportAll("eu-central-1", off);
    expect((await drain("eu-central-1", { wait: true })).out).toMatch(/Every node says so\.\n$/);

    edge.report("eu-central-1", "i-eu-central-1-2");
    const { status, out } = await drain("eu-central-1", { wait: true });
    expect(status).toBe(1);
    expect(out).toMatch(/Not yet: i-eu-central-1-2 \(ok\)\n$/);
  });

  test("--wait does not take a node that is unhealthy for another reason for one that has seen the switch", async () => {
    edge.report("eu-central-1", "i-eu-central-1-1", { health: { node: "ok", pop: "drained since now: packet loss" } });
    edge.report("eu-central-1", "i-eu-central-1-2", {
      health: { node: "ok", pop: "no purge could be read for 3600 s" },
    });

    const { status, out } = await drain("eu-central-1", { wait: true });

    expect(status).toBe(1);
    expect(out).toMatch(/Not yet: i-eu-central-1-2 \(no purge could be read for 3600 s\)\n$/);
  });

  test("that is interrupted says what it leaves behind, as soon as there may be something", async () => {
    let before: string | undefined = "not asked";
    edge.answer = "y";
    edge.whenAsked = () => {
      before = edge.left?.();
    };

    await drain("eu-central-1", { yes: undefined });

    expect(before).toBeUndefined();
    expect(edge.left?.()).toBe(
      "The switch of eu-central-1 may be set all the same: `footprint undrain eu-central-1 --stack edge` releases it.",
    );
  });

  test("works while somebody is editing the stack file", async () => {
    edge.edit("us-east-1: {} # last", "us-east-1: { nodes: { min: 0 } }");

    const { status, err } = await drain("eu-central-1");

    expect(status).toBe(0);
    expect(err).toMatch(/^The stack file cannot be read as it stands \(pops\.us-east-1\.nodes\.min: .+\): /);
  });

  test("--wait does not say that every node says so where there is none", async () => {
    const group = edge.cloud.groups.get("edge-eu-central-1")!;
    edge.cloud.groups.set("edge-eu-central-1", { ...group, instances: [] });

    const { status, out } = await drain("eu-central-1", { wait: true });

    expect(status).toBe(0);
    expect(out).toMatch(/ later\.\nNo node is in service that could say so\.\n$/);
  });

  test("knows its own switch when the answer got lost and the request was sent again", async () => {
    const answer = await edge.loseAnswer("PUT", "/store-eu-central-1/drain");

    const { status, out } = await drain("eu-central-1");

    expect(answer.isLost()).toBe(true);
    expect(status).toBe(0);
    expect(out).toContain("eu-central-1 is switched off.");
    expect(switchOf("eu-central-1")).toContain(REASON);
  });

  test("looks at the others once more, too, when its answer got lost", async () => {
    edge.whenWritten("eu-central-1", STORE_KEYS.drain, () => {
      throwSwitch("us-east-1", BY_HAND);
      throwSwitch("ap-southeast-2", BY_HAND);
    });
    const answer = await edge.loseAnswer("PUT", "/store-eu-central-1/drain");

    await expect(drain("eu-central-1")).rejects.toThrow("eu-central-1 stays in service");

    expect(answer.isLost()).toBe(true);
    expect(switchOf("eu-central-1")).toBeUndefined();
  });

  describe("goes by what is deployed, not by the stack file:", () => {
    beforeEach(() => {
      throwSwitch("us-east-1", BY_HAND);
    });

    test("a PoP that the file is about to drain serves", async () => {
      edge.edit("ap-southeast-2: {}", "ap-southeast-2: { state: drained }");
      expect((await drain("eu-central-1")).status).toBe(0);
    });

    test("a PoP whose reports are fresh by S3's clock serves, whatever this machine's says", async () => {
      const now = Date.now.bind(Date);
      const clock = jest.spyOn(Date, "now").mockImplementation(() => now() + 3_600_000);
      try {
        expect((await drain("eu-central-1")).status).toBe(0);
      } finally {
        clock.mockRestore();
      }
    });
  });

  describe("rejects it when no other PoP would be healthy:", () => {
    const refused = async (): Promise<string> => {
      const error: unknown = await drain("eu-central-1").catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "UserError", exitCode: 1 });
      expect(switchOf("eu-central-1")).toBeUndefined();
      return (error as Error).message;
    };

    beforeEach(() => {
      throwSwitch("us-east-1", BY_HAND);
    });

    test("rejects it with what it found, and why there is no way around", async () => {
      edge.reportAll("ap-southeast-2", { health: { node: "disk is full", pop: "ok" } });

      expect(await refused()).toBe(
        [
          "eu-central-1 stays in service: no other PoP is active, not switched off, and has a node that reports itself healthy.",
          "ap-southeast-2: 0 of 2 nodes healthy",
          "us-east-1: switched off by eve at 2026-01-02T03:04:05Z: a test, 2 of 2 nodes healthy",
          "Where all are unhealthy, Route 53 answers as if all were healthy: draining the last one would change nothing.",
        ].join("\n"),
      );
    });

    test("rejects it when the other's nodes say that their PoP is unhealthy", async () => {
      edge.reportAll("ap-southeast-2", { health: { node: "ok", pop: "purge log unread for 4000 s" } });
      expect(await refused()).toContain("ap-southeast-2: 0 of 2 nodes healthy");
    });

    test("rejects it when the other's reports are old", async () => {
      edge.reportAll("ap-southeast-2", { at: new Date(Date.now() - 101_000).toISOString() });
      expect(await refused()).toContain("ap-southeast-2: 0 of 2 nodes healthy");
    });

    test("rejects it when the other's healthy nodes are leaving", async () => {
      const group = edge.cloud.groups.get("edge-ap-southeast-2")!;
      const instances = group.instances.map((each) => ({ ...each, state: "Terminating:Wait" }));
      edge.cloud.groups.set("edge-ap-southeast-2", { ...group, instances });
      expect(await refused()).toContain("ap-southeast-2: 0 of 0 nodes healthy");
    });

    test("rejects it when the other cannot be looked at", async () => {
      edge.cloud.outage("s3", "fails", "ap-southeast-2");
      expect(await refused()).toContain("ap-southeast-2: cannot be looked at: ");
    });

    test("rejects it when the other is deployed as drained, whatever the stack file says", async () => {
      const popStates = { "ap-southeast-2": "drained", "eu-central-1": "active", "us-east-1": "active" };
      edge.writeOutputs({ popStates });
      expect(await refused()).toContain("ap-southeast-2: `state: drained`, 2 of 2 nodes healthy");
    });

    test("rejects it when the stack file drains the other, where the outputs do not tell", async () => {
      edge.writeOutputs({ popStates: undefined });
      edge.edit("ap-southeast-2: {}", "ap-southeast-2: { state: drained }");
      expect(await refused()).toContain("ap-southeast-2: `state: drained`, 2 of 2 nodes healthy");
    });
  });

  test("rejects it when another operator has drained the rest meanwhile, and takes its own switch back", async () => {
    edge.answer = "y";
    edge.whenAsked = () => {
      throwSwitch("us-east-1", BY_HAND);
      throwSwitch("ap-southeast-2", BY_HAND);
    };

    await expect(drain("eu-central-1", { yes: undefined })).rejects.toThrow("eu-central-1 stays in service");
    expect(switchOf("eu-central-1")).toBeUndefined();
  });

  test("rejects it with the truth when its own switch cannot be taken back", async () => {
    edge.answer = "y";
    edge.whenAsked = () => {
      throwSwitch("us-east-1", BY_HAND);
      throwSwitch("ap-southeast-2", BY_HAND);
      edge.whenWritten("eu-central-1", STORE_KEYS.drain, () => {
        edge.cloud.outage("s3", "fails", "eu-central-1");
      });
    };

    await expect(drain("eu-central-1", { yes: undefined })).rejects.toMatchObject({
      name: "UserError",
      exitCode: 1,
      message: expect.stringMatching(
        /^eu-central-1 stays in service: [^]+\neu-central-1: the store store-eu-central-1 cannot be used: .+\nThe switch of eu-central-1 may be set all the same: `footprint undrain eu-central-1 --stack edge` releases it\.$/,
      ) as string,
    });
  });

  test("rejects it with the truth when nobody knows whether the switch is set", async () => {
    edge.answer = "y";
    edge.whenAsked = () => {
      edge.cloud.outage("s3", "refuses", "eu-central-1");
    };

    await expect(drain("eu-central-1", { yes: undefined })).rejects.toThrow(
      /^eu-central-1: the store store-eu-central-1 cannot be used: .+\nThe switch of eu-central-1 may be set all the same: `footprint undrain eu-central-1 --stack edge` releases it\.$/,
    );
  });

  test("rejects it without taking another operator's switch for its own", async () => {
    edge.answer = "y";
    edge.whenAsked = () => {
      throwSwitch("eu-central-1", BY_HAND);
    };

    await expect(drain("eu-central-1", { yes: undefined })).rejects.toMatchObject({
      message: "eu-central-1 has just been switched off by somebody else; `footprint status` says by whom",
    });
    expect(switchOf("eu-central-1")).toBe(BY_HAND);
  });

  test.each([
    [
      "without --now",
      { now: undefined },
      "--now: must be given, since this switches eu-central-1 off at once; a planned drain is `state: drained` in the stack file, and `pulumi up`",
    ],
    [
      "without a reason",
      { reason: undefined },
      '--reason: must say why, for those who find the PoP drained, in 1 to 200 characters of ASCII, got ""',
    ],
    [
      "with a reason that could be read as something else",
      { reason: "a\r\nb" },
      '--reason: must say why, for those who find the PoP drained, in 1 to 200 characters of ASCII, got "a\r\nb"',
    ],
  ])("rejects it %s, with exit code 2", async (_what, options, message) => {
    await expect(drain("eu-central-1", options)).rejects.toMatchObject({ message, exitCode: 2 });
    expect(edge.cloud.calls).toEqual([]);
  });

  test("rejects a region without a PoP, with exit code 2", async () => {
    await expect(drain("us-west-1")).rejects.toMatchObject({
      message:
        '<region>: must be the region of a deployed PoP, got "us-west-1", did you mean "us-east-1"?; there are: ap-southeast-2, eu-central-1, us-east-1',
      exitCode: 2,
    });
  });

  test("rejects it plainly when the PoP's own store is away", async () => {
    edge.cloud.outage("s3", "refuses", "eu-central-1");
    await expect(drain("eu-central-1")).rejects.toThrow(/^eu-central-1: the store store-eu-central-1 cannot be used: /);
  });
});

describe("footprint undrain", () => {
  test("takes the switch back, and names who threw it", async () => {
    throwSwitch("eu-central-1", BY_HAND);

    const { status, out, err } = await undrain("eu-central-1");

    expect({ status, out, err }).toEqual({
      status: 0,
      out: "eu-central-1 is switched on. Route 53 sends it clients as soon as it is healthy.\n",
      err: "eu-central-1 was switched off by eve at 2026-01-02T03:04:05Z: a test\n",
    });
    expect(switchOf("eu-central-1")).toBeUndefined();
  });

  test("takes back what was thrown by hand, whatever it holds, and lets it say nothing to the terminal", async () => {
    throwSwitch("eu-central-1", "");
    expect((await undrain("eu-central-1")).err).toMatch(
      /^eu-central-1 was switched off by \(unknown\) at \S+: \(it holds no reason\)\n$/,
    );

    throwSwitch("eu-central-1", JSON.stringify({ reason: "\u001b[2Jgone", by: "a\nb", at: "2026-01-02T03:04:05Z" }));
    expect((await undrain("eu-central-1")).err).toBe(
      "eu-central-1 was switched off by a b at 2026-01-02T03:04:05Z:  [2Jgone\n",
    );
    expect(switchOf("eu-central-1")).toBeUndefined();
  });

  test("lets no node say anything to the terminal", async () => {
    throwSwitch("eu-central-1", BY_HAND);
    edge.report("eu-central-1", "i-eu-central-1-1", { health: { node: "ok", pop: "drained \u001b[2J\u009b31m" } });

    const { out } = await undrain("eu-central-1", { wait: true });

    expect(out).toMatch(/Not yet: i-eu-central-1-1 \(drained {2}\[2J 31m\)\n$/);
  });

  test("a node that has seen it and is unhealthy for another reason has seen it", async () => {
    throwSwitch("eu-central-1", BY_HAND);
    edge.report("eu-central-1", "i-eu-central-1-1", { health: { node: "ok", pop: "no purge could be read for 60 s" } });

    expect((await undrain("eu-central-1", { wait: true })).status).toBe(0);
  });

  test("of a PoP that is not switched off changes nothing", async () => {
    const { status, out } = await undrain("eu-central-1", { json: true });

    expect(status).toBe(0);
    expect(JSON.parse(out)).toEqual({
      stack: "edge",
      region: "eu-central-1",
      changed: false,
      drained: null,
      others: [],
    });
  });

  test("--wait ends when every node says so, and else names those that do not", async () => {
    throwSwitch("eu-central-1", BY_HAND);
    edge.report("eu-central-1", "i-eu-central-1-1", { health: { node: "ok", pop: "drained" } });

    const { status, out } = await undrain("eu-central-1", { wait: true, json: true });

    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ seen: false, notYet: ["i-eu-central-1-1 (drained)"] });
  });
});
