import { sealEntry, type Purge, type Target } from "../../../components/node/protocol/purgeLog";
import { purgeKey, STORE_KEYS } from "../../../components/node/protocol/storeKeys";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { HOST } from "../origin/rig";
import { Held, reply } from "../origin/scripted";
import { until } from "../origin/until";
import { newestEntry, write } from "./writtenLog";
import type { AgentNode } from "./agentNode";
import { storeOf } from "./agentNode";
import { bodyOf, KEY, KEYS, OTHER, PurgePops, REGIONS, ROTATED, type Resource } from "./purgePops";

/** Long enough for a test to do something between the first time and the second. */
const REPEAT_AFTER = 5;

const EVERYTHING: Target = { kind: "all" };

describeWith([DEBIAN], "purges of three PoPs with two nodes each", () => {
  let pops: PurgePops;
  let count = 0;

  beforeAll(async () => {
    pops = await PurgePops.start({ purgeRepeat: REPEAT_AFTER });
  });

  afterAll(async () => {
    await pops.stop();
  });

  /** An object of its own for a test, stored by every node in version 1. */
  async function stored(tags = "none", host = HOST): Promise<Resource> {
    count += 1;
    const resource = { host, path: `/object/${String(count)}` };
    pops.serve(resource.path, "1", tags);
    await pops.warm(resource, "1");
    return resource;
  }

  /** Has nodes carry out what was published before, so that no second time comes in between. */
  async function publishedAndDone(targets: readonly Target[], soft = false): Promise<void> {
    await pops.settled(await pops.publish(targets, soft));
  }

  const urlOf = ({ host, path }: Resource): Target => ({ kind: "url", host, path });
  const every = (value: boolean): readonly boolean[] => pops.nodes.map(() => value);

  test.each<[string, (resource: Resource) => Target]>([
    ["a URL", urlOf],
    ["a tag", ({ host }) => ({ kind: "tag", host, tag: "news" })],
    ["a host", ({ host }) => ({ kind: "host", host })],
    ["everything", () => EVERYTHING],
  ])("by %s: every node serves the new body, and soft ones keep the former for a failing origin", async (_, target) => {
    for (const soft of [false, true]) {
      const resource = await stored("news");
      const failing = await stored("news");
      pops.serve(resource.path, "2", "news");
      pops.fail(failing.path);

      const purged = await pops.publish([target(resource), target(failing)], soft);
      await pops.untilServed(resource, "2");
      await pops.settled(purged);

      const bodies = await pops.bodies(failing);
      expect(bodies.map((body) => body === bodyOf(failing, "1"))).toEqual(every(soft));
    }
  });

  test("what is not purged stays: other URLs, tags and hosts", async () => {
    const kept = [await stored("kept"), await stored("news", OTHER), await stored()];
    const url = await stored();

    await publishedAndDone([urlOf(url), { kind: "tag", host: HOST, tag: "news" }]);

    for (const each of kept) {
      expect(await pops.stored(each)).toEqual(every(true));
    }
  });

  test("a response that was being fetched meanwhile is fetched again: nobody gets the former", async () => {
    const resource = { host: HOST, path: "/held" };
    const held = new Held(reply(bodyOf(resource, "1"), { "cache-control": "max-age=3600" }));
    pops.origin.on(resource.path, held.handler);
    const waiting = pops.bodies(resource);
    await held.holds(pops.nodes.length);

    // Also for the second time.
    await pops.settled(await pops.publish([urlOf(resource)]));
    pops.serve(resource.path, "2");
    held.release();

    expect(await waiting).toEqual(pops.nodes.map(() => bodyOf(resource, "2")));
    expect(await pops.bodies(resource)).toEqual(pops.nodes.map(() => bodyOf(resource, "2")));
  });

  test("an outage of the store loses none: nodes stay healthy, and catch up in order", async () => {
    const first = await stored();
    const last = await stored();
    pops.cloud.outage("s3", "fails");
    pops.serve(first.path, "2");
    pops.serve(last.path, "2");
    const before = positions();
    put(before, [
      purgeOf([urlOf(first)]),
      ...Array.from({ length: 38 }, (_, i) => purgeOf([{ kind: "url", host: HOST, path: `/filler/${String(i)}` }])),
      purgeOf([urlOf(last)]),
    ]);
    expect([await pops.stored(first), await pops.stored(last)]).toEqual([every(true), every(true)]);
    expect(await Promise.all(pops.nodes.map(({ node }) => node.health()))).toEqual(pops.nodes.map(() => 200));

    pops.cloud.outage("s3", undefined);

    await pops.untilServed(first, "2");
    await pops.untilServed(last, "2");
    for (const node of pops.nodes) {
      const wanted = (before.get(node.region) ?? 0) + 40;
      await node.untilReport("all of it is carried out", ({ purge }) => purge.position === wanted);
    }
  });

  test("a former entry that was overwritten before a node had read it takes everything out there", async () => {
    const resource = await stored();
    pops.cloud.outage("s3", "fails");
    pops.serve(resource.path, "2");
    const before = positions();
    put(before, [purgeOf([urlOf(resource)]), purgeOf([{ kind: "url", host: HOST, path: "/other" }])]);
    for (const region of REGIONS) {
      pops.cloud.put(storeOf(region), purgeKey((before.get(region) ?? 0) + 1), "purge nothing");
    }

    pops.cloud.outage("s3", undefined);

    await pops.untilServed(resource, "2");
    await pops.settled(new Map([...before].map(([region, number]) => [region, number + 2])));
  });

  test("rejects a forged head, and one of another region: nothing is taken out", async () => {
    const resource = await stored();
    for (const region of REGIONS) {
      const head = pops.cloud.object(storeOf(region), STORE_KEYS.purgeHead) ?? "";
      const far = { number: 1_000_000, digest: "0".repeat(64) };
      for (const forged of [
        sealEntry("not-the-key", region, far, purgeOf([EVERYTHING])).text,
        sealEntry(KEY, "local", far, purgeOf([EVERYTHING])).text,
      ]) {
        const said = heads(region);
        pops.cloud.put(storeOf(region), STORE_KEYS.purgeHead, forged);
        await until(`nodes of ${region} refuse the head`, () => heads(region) === said + 2);
      }
      pops.cloud.put(storeOf(region), STORE_KEYS.purgeHead, head);
    }

    expect(await pops.stored(resource)).toEqual(every(true));
  });

  test("a purge is carried out that is signed with a key that was rotated in just before", async () => {
    const resource = await stored();
    pops.serve(resource.path, "2");
    for (const node of pops.nodes) {
      node.rotate("purge-next", ROTATED);
    }

    await pops.publish([urlOf(resource)], false, [ROTATED, KEY]);

    await pops.untilServed(resource, "2");
  });

  test("an agent that was killed goes on where it was", async () => {
    const resource = await stored();
    const kept = await stored();
    const [node] = pops.nodes;
    await node?.signalAgent("KILL");
    await node?.agentEnded();
    pops.serve(resource.path, "2");
    await pops.publish([urlOf(resource)]);
    await pops.untilServed(resource, "2", pops.nodes.slice(1));
    expect((await pops.bodies(resource))[0]).toBe(bodyOf(resource, "1"));

    node?.startAgent();

    await pops.untilServed(resource, "2");
    expect(await pops.stored(kept)).toEqual(every(true));
  });

  test("a node whose next entries have expired takes everything out and goes on at the head", async () => {
    const resource = await stored();
    const [node] = pops.nodes;
    const region = node?.region ?? "";
    await node?.signalAgent("KILL");
    await node?.agentEnded();
    pops.serve(resource.path, "2");
    await pops.publish([urlOf(resource)]);
    const numbers = await pops.publish([urlOf(resource)]);
    await pops.untilServed(resource, "2", pops.nodes.slice(1));
    for (let number = 1; number <= (numbers.get(region) ?? 0); number += 1) {
      pops.cloud.remove(storeOf(region), purgeKey(number));
    }

    node?.startAgent();

    await pops.untilServed(resource, "2");
    await node?.untilReport("it is at the head", ({ purge }) => purge.position === numbers.get(region));
    const next = await stored();
    pops.serve(next.path, "2");
    await pops.publish([urlOf(next)]);
    await pops.untilServed(next, "2");
  });

  test.each(["main", "workers"] as const)("a cache that is killed meanwhile loses none: %s", async (which) => {
    const resource = await stored();
    const [node] = pops.nodes;
    await node?.node.kill("varnish", which);
    pops.serve(resource.path, "2");

    const numbers = await pops.publish([urlOf(resource)]);
    await pops.untilServed(resource, "2", pops.nodes.slice(1));
    if (which === "main") {
      await node?.node.restart("varnish");
    }

    await pops.untilServed(resource, "2");
    await pops.settled(numbers);
    const next = await stored();
    pops.serve(next.path, "2");
    await pops.publish([urlOf(next)]);
    await pops.untilServed(next, "2");
  });

  test("a node that joins late begins at the head and gets what follows", async () => {
    const resource = await stored();
    const [region = ""] = REGIONS;
    const node = await pops.addNode(region);
    expect(node.report()?.purge.position).toBe(positions().get(region));
    await pops.warm(resource, "1");
    pops.serve(resource.path, "2");

    const numbers = await pops.publish([urlOf(resource)]);

    await pops.untilServed(resource, "2");
    await pops.settled(numbers);
    expect(carriedOut(node)).toBe(1);
  });

  function purgeOf(targets: Target[]): Purge {
    return { at: new Date().toISOString(), soft: false, targets };
  }

  const logOf = (region: string) => ({ cloud: pops.cloud, region, bucket: storeOf(region), keys: KEYS });

  /** Number of the newest entry, by region. */
  function positions(): ReadonlyMap<string, number> {
    return new Map(REGIONS.map((region) => [region, newestEntry(logOf(region))?.number ?? 0]));
  }

  /** What publishers write, put there while they cannot. */
  function put(regions: ReadonlyMap<string, number>, purges: readonly Purge[]): void {
    for (const region of regions.keys()) {
      write(logOf(region), purges);
    }
  }

  function carriedOut({ said }: AgentNode): number {
    return said.filter((line) => line.includes('"purged"')).length;
  }

  /** How often nodes of a region have refused a head. */
  function heads(region: string): number {
    return pops.nodes
      .filter((node) => node.region === region)
      .flatMap(({ said }) => said)
      .filter((line) => line.includes("purge head refused")).length;
  }
});
