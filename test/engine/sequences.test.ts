import { text } from "../../infra/sandbox/aws/values";
import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import { interruptions } from "./serving";
import { decisions, lines } from "./steps";
import type { Entity } from "../../infra/sandbox/aws/world";
import type { StackInput } from "../support/stacks";

const STACK = "two";
const EDITED = "eu-west-1";
const FORMER_ZONE = "Z0123456789ABCDEFGHIJ";
const NEW_ZONE = "Z0123456789NEWZONE000";
const ZONE_BELOW = "Z0123456789BELOW00000";
const HOST = "cdn.example.com";
const PORT = 8443;
const ORIGIN = "https://origin.example.org";

interface Settings {
  readonly pop?: Readonly<Record<string, unknown>>;
  readonly zone?: Readonly<Record<string, unknown>>;
  /** Of the zone of the host alone, below that one. */
  readonly below?: Readonly<Record<string, unknown>>;
  readonly origin?: string;
  readonly originPorts?: readonly number[];
}

function footprint({ pop = {}, zone = {}, below, origin, originPorts }: Settings = {}): StackInput {
  return tiny(
    { [EDITED]: pop, "us-east-1": {} },
    {
      zones: {
        "example.com": { id: FORMER_ZONE, ...zone },
        ...(below === undefined ? {} : { "example.com": { id: FORMER_ZONE, ...zone, primary: true }, [HOST]: below }),
      },
      sites: { [HOST]: { origin: origin ?? `${ORIGIN}:${String(PORT)}` } },
      ...(originPorts === undefined ? {} : { originPorts }),
    },
  );
}

interface Edit {
  readonly input: StackInput;
  /** Words of the engine's refusal, in the preview; absent when it goes through. */
  readonly refused?: string;
  /** Words of the program's refusal in the middle of the update: what takes clients is not made, and nothing goes. */
  readonly fails?: string;
  /** What somebody does between this edit and the one before. */
  readonly before?: (engine: Engine) => void;
  /** Zones that clients ask. Default: the former one. */
  readonly zones?: readonly string[];
  /** Ports by which nodes go when the edit begins. Default: that of the origin. */
  readonly ports?: readonly number[];
}

const NAT = { egress: "nat" };
const MOVED = { egress: "nat", cidr: "10.66.0.0/20", zones: ["euw1-az2", "euw1-az3"] };
const drained = (settings: object) => ({ pop: { state: "drained", ...settings } });
const BOTH_ZONES = [FORMER_ZONE, NEW_ZONE];

/** Ways from one state to another, one edit after the other, each on what the one before has left. */
const EDITS: Readonly<Record<string, Edit>> = {
  "nat: to direct at once": {
    input: footprint({ pop: { egress: "direct" } }),
    refused: `${EDITED}-egress-both-before-removing-nat`,
  },
  "nat: both": { input: footprint({ pop: { egress: "both" } }) },
  "nat: direct": { input: footprint({ pop: { egress: "direct" } }) },
  "nat: back": { input: footprint({ pop: NAT }) },

  // A refresh has only begun when the update makes the records, and the gateway goes at its end.
  "way out: drained": { input: footprint(drained(NAT)) },
  "way out: direct and active at once": {
    before: (engine) => {
      launched(engine, { version: "1", publicAddresses: false });
    },
    input: footprint({ pop: { egress: "direct" } }),
    fails: `${EDITED}: 2 nodes still go by the NAT gateway, which this update takes away, so no client is sent to it.`,
  },
  "way out: direct and active, when the nodes have moved": {
    before: (engine) => {
      launched(engine, undefined);
    },
    input: footprint({ pop: { egress: "direct" } }),
  },
  "way out: back": { input: footprint({ pop: NAT }) },

  "network: other addresses at once": {
    input: footprint({ pop: { ...NAT, cidr: MOVED.cidr } }),
    refused: `${EDITED}-drain-before-removing-10.64.64.0_20`,
  },
  "network: drained": { input: footprint(drained(NAT)) },
  "network: a zone exchanged": { input: footprint(drained({ ...NAT, zones: MOVED.zones })) },
  "network: other addresses": { input: footprint(drained(MOVED)) },
  "network: more zones and other addresses": { input: footprint(drained({ ...NAT, zones: 3 })) },
  "network: a zone less": { input: footprint(drained(NAT)) },
  "network: active": { input: footprint({ pop: NAT }) },

  "port: gone at once": {
    input: footprint({ pop: NAT, origin: ORIGIN }),
    refused: `${EDITED}-originPorts-before-removing-port-${String(PORT)}`,
  },
  "port: kept": { input: footprint({ pop: NAT, origin: ORIGIN, originPorts: [PORT] }) },
  "port: gone": { input: footprint({ pop: NAT, origin: ORIGIN }), ports: [443] },
  "port: back": { input: footprint({ pop: NAT }), ports: [443] },

  "zone: another id at once": {
    input: footprint({ pop: NAT, zone: { id: NEW_ZONE } }),
    refused: `example.com-handOver-before-removing-${FORMER_ZONE}`,
  },
  "zone: handed over": { input: footprint({ pop: NAT, zone: { handOver: true } }) },
  "zone: another id": {
    before: (engine) => {
      copyRecords(engine, FORMER_ZONE, NEW_ZONE);
    },
    input: footprint({ pop: NAT, zone: { id: NEW_ZONE, handOver: true } }),
    // Resolvers ask the new one: it has been delegated for longer than they remember.
    zones: [NEW_ZONE],
  },
  "zone: taken over": { input: footprint({ pop: NAT, zone: { id: NEW_ZONE } }), zones: BOTH_ZONES },

  "host: to a zone below that is not there yet": {
    input: footprint({ pop: NAT, zone: { id: NEW_ZONE }, below: { create: true, delegated: true } }),
    refused: `${HOST}: the hosted zone ${HOST} is made by this update, and nobody asks it before it is delegated.`,
  },
  "host: to a zone below": {
    before: (engine) => {
      copyRecords(engine, NEW_ZONE, ZONE_BELOW, HOST);
    },
    input: footprint({
      pop: NAT,
      zone: { id: NEW_ZONE, handOver: true },
      below: { id: ZONE_BELOW, handOver: true, delegated: true },
    }),
    zones: [ZONE_BELOW],
  },
  "host: in a zone below": {
    input: footprint({ pop: NAT, zone: { id: NEW_ZONE }, below: { id: ZONE_BELOW, delegated: true } }),
    zones: [ZONE_BELOW],
  },
  // It is the apex of that zone, which has a CAA record only if it is asked for.
  "host: back at once": {
    input: footprint({ pop: NAT, zone: { id: NEW_ZONE } }),
    refused: `${HOST}-handOver-before-removing-${ZONE_BELOW}`,
  },
  "host: handed back": {
    input: footprint({
      pop: NAT,
      zone: { id: NEW_ZONE, handOver: true },
      below: { id: ZONE_BELOW, handOver: true, delegated: true },
    }),
    zones: [ZONE_BELOW],
  },
  "host: back": {
    before: (engine) => {
      copyRecords(engine, ZONE_BELOW, NEW_ZONE, HOST);
    },
    input: footprint({ pop: NAT, zone: { id: NEW_ZONE, handOver: true } }),
    zones: [NEW_ZONE],
  },
  "host: taken back": { input: footprint({ pop: NAT, zone: { id: NEW_ZONE } }), zones: [NEW_ZONE] },
};

const TAKEN = Object.entries(EDITS).filter(([, { refused }]) => refused === undefined);
const FAILING = Object.entries(EDITS).flatMap(([name, { fails }]) => (fails === undefined ? [] : [[name, fails]]));
const REFUSED = Object.entries(EDITS).flatMap(([name, { refused }]) =>
  refused === undefined ? [] : [[name, refused]],
);

function latencyRecords(world: readonly Entity[], region: string): readonly Entity[] {
  return world.filter(
    ({ type, properties }) => type === "aws:route53/record:Record" && properties.setIdentifier === region,
  );
}

/** What the nodes of the PoP were launched by; undefined: by what their group has. */
function launched(engine: Engine, by: Entity["launched"]): void {
  engine.tamper((entity) => {
    const { launched: _, ...group } = entity;
    return entity.type === "aws:autoscaling/group:Group" && entity.region === EDITED
      ? { ...group, ...(by === undefined ? {} : { launched: by }) }
      : entity;
  });
}

/** What a person does who hands a zone over: every record of the former zone, or of one host, stands in the new one, too. */
function copyRecords(engine: Engine, former: string, fresh: string, host?: string): void {
  const records = engine.world().filter(({ type, properties }) => {
    const isWanted = host === undefined || properties.name === host;
    return type === "aws:route53/record:Record" && properties.zoneId === former && isWanted;
  });
  engine.add(
    records.map((record) => ({
      ...record,
      id: record.id.replace(former, fresh),
      urn: null,
      properties: { ...record.properties, id: record.id.replace(former, fresh), zoneId: fresh },
    })),
  );
}

describeWith([PULUMI_CLI], "edits that take several steps, on the engine", () => {
  let engine: Engine;
  let again: Run;
  const refusals = new Map<string, Run>();
  const steps = new Map<
    string,
    { readonly run: Run; readonly preview?: Run; readonly interrupted: readonly string[] }
  >();
  const worlds = new Map<string, readonly Entity[]>();

  beforeAll(async () => {
    const newZone = tiny({}, { zones: { "example.com": { id: NEW_ZONE }, [HOST]: { id: ZONE_BELOW } } });
    engine = await Engine.open({ newZone });
    await engine.up(STACK, footprint({ pop: NAT }));
    worlds.set("start", engine.world());
    for (const [name, { input, refused, fails, before, zones = [FORMER_ZONE], ports = [PORT] }] of Object.entries(
      EDITS,
    )) {
      before?.(engine);
      if (refused !== undefined) {
        engine.write(STACK, input);
        refusals.set(name, await engine.run("preview", STACK));
        continue;
      }
      const start = engine.world();
      engine.write(STACK, input);
      const run = await engine[fails === undefined ? "done" : "run"]("up", STACK);
      const end = engine.world();
      worlds.set(name, end);
      steps.set(name, { run, interrupted: interruptions(start, run, end, { zones, ports }) });
    }
    again = await engine.done("up", STACK);
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  test.each(REFUSED)("rejects %s in the preview, and names what comes first", (name, words) => {
    const run = refusals.get(name);

    expect(run?.status).not.toBe(0);
    expect(`${run?.stdout ?? ""}${run?.stderr ?? ""}`).toContain(words);
    expect(
      run?.calls.filter(({ method, preview }) => !preview && ["create", "update", "delete"].includes(method)),
    ).toEqual([]);
  });

  test.each(TAKEN)("clients notice nothing of any step of: %s", (name) => {
    expect(steps.get(name)?.run.steps.length).toBeGreaterThan(0);
    expect(steps.get(name)?.interrupted).toEqual([]);
  });

  test.each(FAILING)("ends %s before it takes anything away, and says why", (name, words) => {
    const run = steps.get(name)?.run;

    expect(run?.status).not.toBe(0);
    expect(`${run?.stdout ?? ""}${run?.stderr ?? ""}`).toContain(words);
    expect(run?.calls.filter(({ method, preview }) => method === "delete" && !preview)).toEqual([]);
    expect(latencyRecords(worlds.get(name) ?? [], EDITED)).toEqual([]);
  });

  test("what is to notice an interruption does: a single step that the engine would refuse", () => {
    const start = worlds.get("start") ?? [];
    const run = steps.get("nat: direct")?.run;
    const end = worlds.get("nat: direct") ?? [];

    expect(run).toBeDefined();
    expect(interruptions(start, run!, end, { zones: [FORMER_ZONE], ports: [PORT] })).toContain(
      `delete Route ${EDITED}-network-node-ipv4: nodes of ${EDITED} have no way out`,
    );
  });

  test("origins see the same addresses after the network has moved, and was given fewer zones and more", () => {
    const addresses = (name: string) =>
      (worlds.get(name) ?? [])
        .filter(({ type, region }) => type === "aws:ec2/eip:Eip" && region === EDITED)
        .map(({ properties }) => text(properties.publicIp));
    const before = addresses("network: a zone exchanged");

    expect(before).toHaveLength(2);
    expect(addresses("network: other addresses")).toEqual(before);
  });

  test("there is one network in the region, however often it has moved", () => {
    const networks = (worlds.get("zone: taken over") ?? []).filter(({ type, region }) => {
      return type === "aws:ec2/vpc:Vpc" && region === EDITED;
    });

    expect(networks).toHaveLength(1);
  });

  test("the former zone keeps no record of ours that would be deleted later, and nobody else's is gone", () => {
    const records = (zone: string) =>
      (worlds.get("zone: taken over") ?? [])
        .filter(({ type, properties }) => type === "aws:route53/record:Record" && properties.zoneId === zone)
        .map(({ id }) => id.replace(zone, ""))
        .sort();
    const copied = records(NEW_ZONE);

    expect(copied.some((id) => id.includes("cdn.example.com_A_us-east-1"))).toBe(true);
    // Records of validation stay behind, as they always do.
    expect(records(FORMER_ZONE).filter((id) => !id.startsWith("__proof") && !/_CNAME$/.test(id))).toEqual([]);
  });

  test("a host that has moved to a zone below has left no record that leads to us in the one above", () => {
    const left = (worlds.get("host: in a zone below") ?? []).filter(({ type, properties }) => {
      return type === "aws:route53/record:Record" && properties.zoneId === NEW_ZONE && properties.name === HOST;
    });

    expect(left).toEqual([]);
  });

  test("once more there is nothing to do", () => {
    expect(lines(again.steps)).toEqual([]);
    expect(decisions(again.steps)).toEqual([]);
  });
});
