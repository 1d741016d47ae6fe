import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Adoption } from "../../../../components/node/agent/adoption";
import { Harmful, Unfit } from "../../../../components/node/agent/artifacts";
import { WrongAnswer } from "../../../../components/node/agent/selfTest";
import { HaproxyAway } from "../../../../components/node/agent/haproxy";
import { AGENT_FILES } from "../../../../components/node/agentFiles";
import type { Bundle } from "../../../../components/node/protocol/bundleFormat";
import { AGENT_TIMING } from "../../../../components/node/timing";
import { bundleWith, textOf } from "./bundles";
import { keptLog } from "./quiet";

/** What HAProxy and VCC say of a text (of their own, 3.0.11 and 7.7.0). */
const HAPROXY_REFUSES =
  "[NOTICE]   (7) : haproxy version is 3.0.11-1+deb13u5\n[ALERT]    (7) : config : parsing [/etc/haproxy/haproxy.cfg:2] : unknown proxy mode 'nonsense'.\n[ALERT]    (7) : config : Fatal errors found in configuration.\n";
const VCC_REFUSES =
  "Message from VCC-compiler:\nSymbol not found: 'nonsense'\n('/etc/varnish/sites.vcl' Line 4 Pos 16) -- (Pos 23)\nRunning VCC-compiler failed, exited with 2\nVCL compilation failed\n";

/** Commands by what they are for. */
function shortened(command: string): string {
  return command
    .replace(/^\/usr\/sbin\/haproxy .*$/, "check haproxy")
    .replace(/^\/usr\/sbin\/varnishd -C .*$/, "check varnish")
    .replace(/^systemctl --quiet reload varnish\.service$/, "varnish reload");
}

describe("an adoption", () => {
  let root: string;
  /** Commands that were run and reloads of HAProxy, in order. */
  let done: string[];
  /** What a command answers, by its first words; nothing means that it succeeds. */
  let fails: Map<string, () => string | undefined>;
  /** First words of a command that does not come to its end. */
  let ended: string | undefined;
  let software: string;
  /** Seconds. */
  let now: number;
  let selfTest: () => Promise<void>;
  let haproxy: { say: () => Promise<string>; reload: () => Promise<void> };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "footprint-adoption-"));
    done = [];
    fails = new Map();
    ended = undefined;
    software = "haproxy 3.0 varnish 7.7";
    now = 0;
    selfTest = () => Promise.resolve();
    haproxy = {
      say: () => Promise.reject(new HaproxyAway("not there")),
      reload: () => {
        done.push("haproxy reload");
        return Promise.resolve();
      },
    };
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const at = (path: string) => join(root, path);
  const read = (path: string) => readFileSync(at(path), "utf8");
  const journal = () => JSON.parse(read(AGENT_FILES.journal)) as Record<string, unknown>;

  function adoption(): Adoption {
    return new Adoption({
      root,
      haproxy,
      selfTest: () => selfTest(),
      log: keptLog().log,
      run: (command) => {
        const words = shortened(command.join(" "));
        done.push(words);
        if (ended !== undefined && words.startsWith(ended)) {
          return Promise.resolve({ status: null, said: "" });
        }
        const said = [...fails].find(([start]) => words.startsWith(start))?.[1]();
        const status = words === "check varnish" ? 2 : 1;
        return Promise.resolve({ status: said === undefined ? 0 : status, said: said ?? "" });
      },
      software: () => Promise.resolve(software),
      now: () => now,
    });
  }

  function adopt(into: Adoption, bundle: Bundle, prepare: () => Promise<void> = () => Promise.resolve()) {
    const { text, sha256 } = textOf(bundle);
    return into.adopt(sha256, text, prepare);
  }

  test("of the first bundle checks, places, starts its units in order, and keeps its text", async () => {
    const bundle = bundleWith({
      units: ["one.service", "two.service"],
      files: { ...bundleWith().files, "/etc/systemd/system/one.service": "[Unit]\n" },
    });
    const fresh = adoption();
    expect([fresh.bundle, fresh.generation]).toEqual([undefined, null]);

    await adopt(fresh, bundle);

    expect(done).toEqual([
      "check haproxy",
      "check varnish",
      "systemctl --quiet enable --no-reload one.service two.service",
      "systemctl --quiet daemon-reload",
      "systemctl --quiet start one.service",
      "systemctl --quiet start two.service",
    ]);
    expect(fresh.generation).toBe(textOf(bundle).sha256);
    expect(read(AGENT_FILES.bundle)).toBe(textOf(bundle).text);
    expect([read("/etc/haproxy/a"), statSync(at("/usr/local/lib/footprint/script")).mode & 0o777]).toEqual([
      "a\n",
      0o755,
    ]);
    expect(journal()).toEqual({ placing: null, rejected: null, failing: null });
    expect(adoption().bundle).toEqual(bundle);
  });

  test("of the first bundle reloads as well when the programs run: an agent was ended in the middle", async () => {
    haproxy.say = () => Promise.resolve("HAProxy 3.0");

    await adopt(adoption(), bundleWith());

    expect(done.slice(-2)).toEqual(["varnish reload", "haproxy reload"]);
  });

  test("of another bundle reloads, Varnish first, and starts nothing anew", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    done = [];

    await adopt(
      running,
      bundleWith({
        files: { "/etc/haproxy/a": "b\n", "/etc/haproxy/b": "new\n", "/etc/sysctl.d/60-footprint.conf": "x = 1\n" },
      }),
    );

    expect(done).toEqual([
      "check haproxy",
      "check varnish",
      "systemctl --quiet restart systemd-sysctl.service",
      "varnish reload",
      "haproxy reload",
    ]);
    expect([read("/etc/haproxy/a"), read("/etc/haproxy/b"), existsSync(at("/usr/local/lib/footprint/script"))]).toEqual(
      ["b\n", "new\n", false],
    );
  });

  test("never stops a unit that a bundle forgets", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    done = [];

    await adopt(running, bundleWith({ units: [] }));

    expect(done.filter((command) => command.startsWith("systemctl"))).toEqual([]);
  });

  test.each<[string, string, string, RegExp]>([
    ["HAProxy's parser", "check haproxy", HAPROXY_REFUSES, /haproxy .* ended with 1: .*unknown proxy mode 'nonsense'/],
    ["VCC", "check varnish", VCC_REFUSES, /varnishd -C .* ended with 2: .*Symbol not found: 'nonsense'/],
  ])("rejects a bundle that %s refuses, and leaves all as it was", async (_, command, said, reason) => {
    const good = bundleWith();
    const running = adoption();
    await adopt(running, good);
    fails.set(command, () => said);
    const bad = bundleWith({ files: { "/etc/haproxy/a": "bad\n", "/etc/haproxy/bad": "bad\n" } });

    await expect(adopt(running, bad)).rejects.toThrow(Unfit);

    expect(running.generation).toBe(textOf(good).sha256);
    expect(running.rejected).toMatchObject({ sha256: textOf(bad).sha256, software });
    expect(running.rejected?.reason).toMatch(reason);
    expect([running.failing, await running.mayTry(textOf(bad).sha256)]).toEqual([null, false]);
    expect([read("/etc/haproxy/a"), existsSync(at("/etc/haproxy/bad")), read(AGENT_FILES.bundle)]).toEqual([
      "a\n",
      false,
      textOf(good).text,
    ]);
    expect(journal()).toMatchObject({ placing: null, rejected: { sha256: textOf(bad).sha256 } });
    expect(existsSync(at("/run/footprint/staged"))).toBe(false);
  });

  test("keeps a verdict over a new start, and forgets it when what parses is another, or an operator wants it", async () => {
    const bad = bundleWith({ files: { "/etc/haproxy/a": "bad\n" } });
    const { sha256 } = textOf(bad);
    fails.set("check varnish", () => VCC_REFUSES);
    await adopt(adoption(), bad).catch(() => undefined);

    const later = adoption();
    now = 1_000_000;
    expect(await later.mayTry(sha256)).toBe(false);
    software = "haproxy 3.0 varnish 7.8";
    expect(await later.mayTry(sha256)).toBe(true);
    software = "haproxy 3.0 varnish 7.7";
    later.forgive();
    expect([later.rejected, await later.mayTry(sha256)]).toEqual([null, true]);
  });

  // What the real programs say when it is not the text: a compiler that the kernel has killed, no memory, no disk, no
  // resolver.
  test.each<[string, string, string | undefined]>([
    ["its check was ended before it had finished", "check haproxy", undefined],
    [
      "the C compiler was killed",
      "check varnish",
      "Message from C-compiler:\nKilled\nRunning C-compiler failed, exited with 137\n",
    ],
    [
      "the C compiler has no memory",
      "check varnish",
      "Message from C-compiler:\ncc1: out of memory allocating 65536 bytes\nRunning C-compiler failed, exited with 1\n",
    ],
    ["VCC itself was killed", "check varnish", "Running VCC-compiler failed, signal 9\nVCL compilation failed\n"],
    [
      "there is no room for what is compiled",
      "check varnish",
      "Could not write C-source to vgc.c: No space left on device\nRunning VCC-compiler failed, exited with 2\nVCL compilation failed\n",
    ],
    [
      "HAProxy has no memory",
      "check haproxy",
      "haproxy: error while loading shared libraries: libzstd.so.1: failed to map segment\n",
    ],
    [
      "a name does not resolve",
      "check haproxy",
      "[ALERT]    (7) : config : [/etc/haproxy/haproxy.cfg:6] : 'server y/a' : could not resolve address 'nosuch.invalid'.\n[ALERT]    (7) : config : Failed to initialize server(s) addr.\n",
    ],
    ["it cannot be loaded", "varnish reload", "Job for varnish.service failed.\n"],
    ["a new unit does not start", "systemctl --quiet start new", "no\n"],
  ])(
    "rejects nothing when %s: all is as it was, it is counted, and tried again after a pause that grows",
    async (_, command, said) => {
      const good = bundleWith();
      const running = adoption();
      await adopt(running, good);
      const isBad = () => command.startsWith("check") || read("/etc/haproxy/a") !== "a\n";
      fails.set(command, () => (isBad() ? (said ?? "") : undefined));
      ended = said === undefined ? command : undefined;
      const next = bundleWith({ files: { "/etc/haproxy/a": "b\n" }, units: ["one.service", "new.service"] });
      const { sha256 } = textOf(next);

      const pauses: number[] = [];
      for (let times = 1; times <= 3; times++) {
        await expect(adopt(running, next)).rejects.toThrow(Error);
        expect(running.failing).toMatchObject({ sha256, times, harmful: false });
        const begun = now;
        while (!(await running.mayTry(sha256))) {
          now += 1;
        }
        pauses.push(now - begun);
      }

      const { retryPause } = AGENT_TIMING;
      expect(pauses).toEqual([retryPause, 2 * retryPause, 4 * retryPause]);
      expect([running.rejected, read("/etc/haproxy/a"), running.generation]).toEqual([
        null,
        "a\n",
        textOf(good).sha256,
      ]);
      fails.clear();
      ended = undefined;
      await adopt(running, next);
      expect([read("/etc/haproxy/a"), running.failing]).toEqual(["b\n", null]);
    },
  );

  test("never pauses longer than it is told, nor longer than a minute with a first bundle", async () => {
    fails.set("check varnish", () => "Killed\n");
    const { sha256 } = textOf(bundleWith());
    const fresh = adoption();
    for (let i = 0; i < 12; i++) {
      await adopt(fresh, bundleWith()).catch(() => undefined);
    }
    now += 60;
    expect(await fresh.mayTry(sha256)).toBe(true);

    fails.clear();
    await adopt(fresh, bundleWith());
    const next = bundleWith({ files: { "/etc/haproxy/a": "b\n" } });
    fails.set("check varnish", () => "Killed\n");
    for (let i = 0; i < 12; i++) {
      await adopt(fresh, next).catch(() => undefined);
    }
    now += AGENT_TIMING.retryLongest - 1;
    expect(await fresh.mayTry(textOf(next).sha256)).toBe(false);
    now += 1;
    expect(await fresh.mayTry(textOf(next).sha256)).toBe(true);
  });

  test("keeps a bundle that the node answers no better with than before: it may be what ends the load", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    selfTest = () => Promise.reject(new Error("port 8443 has not answered within 3000 ms"));

    await adopt(running, bundleWith({ files: { "/etc/haproxy/a": "b\n" } }));

    expect([read("/etc/haproxy/a"), running.failing]).toEqual(["b\n", null]);
  });

  test("turns back a bundle with which a node that answered is silent, and tries it again", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    selfTest = () => (read("/etc/haproxy/a") === "a\n" ? Promise.resolve() : Promise.reject(new Error("no answer")));

    await expect(adopt(running, bundleWith({ files: { "/etc/haproxy/a": "b\n" } }))).rejects.toThrow(
      new Error("no answer"),
    );

    expect(running.failing).toMatchObject({ reason: "no answer", times: 1, harmful: false });
    expect(read("/etc/haproxy/a")).toBe("a\n");
  });

  test("puts the former files back though a unit that came with the others does not end", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    selfTest = () => Promise.reject(new WrongAnswer("no"));
    fails.set("systemctl --quiet disable", () => "no");

    await expect(
      adopt(running, bundleWith({ files: { "/etc/haproxy/a": "bad\n" }, units: ["new.service"] })),
    ).rejects.toThrow(Harmful);

    expect(read("/etc/haproxy/a")).toBe("a\n");
    expect(done.slice(-3)).toEqual(["varnish reload", "haproxy reload", "systemctl --quiet start one.service"]);
  });

  test("turns back a bundle with which the node answers wrongly, and waits longer with it: the former one is loaded again, and units that it brought end", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    done = [];
    selfTest = () => Promise.reject(new WrongAnswer("www.example.com is answered with 500"));
    const bad = bundleWith({ files: { "/etc/haproxy/a": "bad\n" }, units: ["one.service", "new.service"] });

    await expect(adopt(running, bad)).rejects.toThrow(new Harmful("www.example.com is answered with 500"));

    expect(done).toEqual([
      "check haproxy",
      "check varnish",
      "systemctl --quiet enable --no-reload new.service",
      "systemctl --quiet daemon-reload",
      "systemctl --quiet start new.service",
      "varnish reload",
      "haproxy reload",
      "systemctl --quiet disable --now new.service",
      "varnish reload",
      "haproxy reload",
      // It may have required the one that was withdrawn, and then it was stopped with it.
      "systemctl --quiet start one.service",
    ]);
    expect(read("/etc/haproxy/a")).toBe("a\n");
    expect([running.rejected, running.failing]).toMatchObject([null, { times: 1, harmful: true }]);
    now += 8 * AGENT_TIMING.retryPause - 1;
    expect(await running.mayTry(textOf(bad).sha256)).toBe(false);
    now += 1;
    expect(await running.mayTry(textOf(bad).sha256)).toBe(true);
  });

  test("waits for a self-test that succeeds after a while", async () => {
    const bundle = bundleWith();
    let tries = 0;
    selfTest = () => (++tries < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve());
    const patient = {
      ...bundle,
      settings: { ...bundle.settings, timing: { ...bundle.settings.timing, selfTestPatience: 60 } },
    };

    await adopt(adoption(), patient);

    expect(tries).toBe(3);
  });

  test("has more patience with a first bundle, whose programs have to start", async () => {
    const bundle = bundleWith();
    const timing = { ...bundle.settings.timing, selfTestPatience: 0.2 };
    let tries = 0;
    // The second try comes 0.25 s after the first.
    selfTest = () => (++tries === 1 ? Promise.reject(new Error("not yet")) : Promise.resolve());
    const running = adoption();

    await adopt(running, { ...bundle, settings: { ...bundle.settings, timing } });

    expect([running.failing, tries]).toEqual([null, 2]);
    // The first of these is the look at how the node answers before.
    tries = -1;
    await expect(
      adopt(running, bundleWith({ files: { "/etc/haproxy/a": "b\n" }, settings: { ...bundle.settings, timing } })),
    ).rejects.toThrow(new Error("not yet"));
  });

  test("goes on when HAProxy is being started again: the self-test says whether it comes", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    haproxy.reload = () => Promise.reject(new HaproxyAway("connection refused"));

    await adopt(running, bundleWith({ files: { "/etc/haproxy/a": "b\n" } }));

    expect(read("/etc/haproxy/a")).toBe("b\n");
  });

  test("that cannot have what it needs is no rejection, and can be tried again", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    const next = bundleWith({ files: { "/etc/haproxy/a": "b\n" } });

    await expect(adopt(running, next, () => Promise.reject(new Error("the store is away")))).rejects.toThrow(
      new Error("the store is away"),
    );
    expect([running.rejected, read("/etc/haproxy/a")]).toEqual([null, "a\n"]);

    await adopt(running, next);
    expect(read("/etc/haproxy/a")).toBe("b\n");
  });

  test("that finds no room leaves every file as it was", async () => {
    const running = adoption();
    await adopt(running, bundleWith());

    // A file where a folder must be is as final as a full disk.
    mkdirSync(at("/etc/chrony"));
    writeFileSync(at("/etc/chrony/sources.d"), "");
    const next = bundleWith({ files: { "/etc/haproxy/a": "b\n", "/etc/chrony/sources.d/b": "c\n" } });
    await expect(adopt(running, next)).rejects.toThrow(/ENOTDIR|EEXIST/);

    expect([running.rejected, read("/etc/haproxy/a"), existsSync(at("/etc/haproxy/a.new"))]).toEqual([
      null,
      "a\n",
      false,
    ]);
  });

  test.each(["nonsense", "{}", JSON.stringify({ ...bundleWith(), files: { "../a": "" } })])(
    "rejects what is no bundle: %s",
    async (text) => {
      const running = adoption();

      await expect(running.adopt("b".repeat(64), text, () => Promise.resolve())).rejects.toThrow(Unfit);

      expect(running.rejected?.sha256).toBe("b".repeat(64));
      expect(done).toEqual([]);
    },
  );

  describe("that was interrupted", () => {
    const good = bundleWith();
    const next = bundleWith({ files: { "/etc/haproxy/a": "b\n", "/etc/haproxy/b": "new\n" } });

    /** What is on the disk when the agent is killed while it waits for a self-test. */
    async function interrupted(): Promise<void> {
      await adopt(adoption(), good);
      const { text, sha256 } = textOf(next);
      writeFileSync(at(AGENT_FILES.placing), text);
      writeFileSync(at(AGENT_FILES.journal), JSON.stringify({ ...journal(), placing: sha256 }));
      writeFileSync(at("/etc/haproxy/a"), "b\n");
      writeFileSync(at("/etc/haproxy/b"), "new\n");
      done = [];
    }

    test("is turned back at the next start, and may be tried again", async () => {
      await interrupted();

      const started = adoption();
      await started.recover();

      expect([read("/etc/haproxy/a"), existsSync(at("/etc/haproxy/b"))]).toEqual(["a\n", false]);
      expect(done).toEqual(["varnish reload", "haproxy reload", "systemctl --quiet start one.service"]);
      expect([started.rejected, journal().placing]).toEqual([null, null]);
      await adopt(started, next);
      expect(journal()).toEqual({ placing: null, rejected: null, failing: null });
    });

    test("again and again is tried after a pause that grows, and never rejected", async () => {
      await interrupted();
      await adoption().recover();
      writeFileSync(at(AGENT_FILES.journal), JSON.stringify({ ...journal(), placing: textOf(next).sha256 }));

      const started = adoption();
      await started.recover();

      expect([started.rejected, started.failing]).toMatchObject([
        null,
        { sha256: textOf(next).sha256, times: 2, reason: "the agent was ended while it adopted the bundle" },
      ]);
      now += 2 * AGENT_TIMING.retryPause - 1;
      expect(await started.mayTry(textOf(next).sha256)).toBe(false);
      now += 1;
      expect(await started.mayTry(textOf(next).sha256)).toBe(true);
    });

    test("with a journal that cannot be read begins anew", async () => {
      await interrupted();
      writeFileSync(at(AGENT_FILES.journal), "{");

      const started = adoption();
      await started.recover();
      await adopt(started, good);

      expect(read("/etc/haproxy/a")).toBe("a\n");
    });

    test("and whose former bundle is damaged takes the next one for the first", async () => {
      await interrupted();
      writeFileSync(at(AGENT_FILES.bundle), "{");

      const started = adoption();
      await started.recover();
      expect(started.bundle).toBeUndefined();

      await adopt(started, next);
      expect(read("/etc/haproxy/b")).toBe("new\n");
    });
  });
});
