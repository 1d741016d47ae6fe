import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Resource, type Run } from "./engine";
import { stateAsText, worldAsText } from "./state";
import { decisions, kinds, lines, nameOf, popOf, popsOf } from "./steps";

const STACK = "three";
const REGIONS = ["ap-southeast-2", "eu-west-1", "us-east-1"] as const;

interface Both {
  readonly preview?: Run;
  readonly up: Run;
}

/** One PoP's way out of the footprint and back. */
interface Way {
  readonly drained: Both;
  readonly removed: Both;
  readonly added: Both;
  /** The engine's state before, and after each of the three. */
  readonly states: readonly (readonly Resource[])[];
}

describeWith([PULUMI_CLI], "a footprint of three PoPs on the engine", () => {
  let engine: Engine;
  let created: Required<Both>;
  let again: Run;
  let refreshed: Run;
  let afterRefresh: Run;
  let drift: { readonly seen: Run; readonly restored: Run; readonly before: string; readonly after: string };
  let undone: { readonly drained: Run; readonly active: Run; readonly before: string; readonly after: string };
  const ways = new Map<string, Way>();

  beforeAll(async () => {
    engine = await Engine.open();
    created = await engine.previewAndUp(STACK, footprint(REGIONS));
    again = await engine.done("up", STACK);
    refreshed = await engine.done("refresh", STACK);
    afterRefresh = await engine.done("preview", STACK);
    drift = await drifted();
    undone = await drainedAndUndone("eu-west-1");
    for (const [at, region] of REGIONS.entries()) {
      ways.set(region, await outAndBack(region, at === 0));
    }
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  async function drifted(): Promise<typeof drift> {
    const before = worldAsText(engine.world());
    engine.tamper((entity) => {
      if (entity.id.endsWith("_cdn.example.com_AAAA_us-east-1")) {
        return undefined;
      }
      return entity.type === "aws:ec2/vpc:Vpc" && entity.region === "eu-west-1"
        ? {
            ...entity,
            properties: { ...entity.properties, tags: { Owner: "somebody" }, tagsAll: { Owner: "somebody" } },
          }
        : entity;
    });
    const seen = await engine.done("refresh", STACK);
    const restored = await engine.done("up", STACK);
    return { seen, restored, before, after: worldAsText(engine.world()) };
  }

  async function drainedAndUndone(region: string): Promise<typeof undone> {
    const before = stateAsText(await engine.resources(STACK));
    const drained = await engine.up(STACK, footprint(REGIONS, { [region]: { state: "drained" } }));
    const active = await engine.up(STACK, footprint(REGIONS));
    return { drained, active, before, after: stateAsText(await engine.resources(STACK)) };
  }

  async function outAndBack(region: string, withPreview: boolean): Promise<Way> {
    const others = REGIONS.filter((each) => each !== region);
    const deploy = async (input: ReturnType<typeof footprint>): Promise<Both> =>
      withPreview ? engine.previewAndUp(STACK, input) : { up: await engine.up(STACK, input) };
    const states = [await engine.resources(STACK)];
    const drained = await deploy(footprint(REGIONS, { [region]: { state: "drained" } }));
    states.push(await engine.resources(STACK));
    const removed = await deploy(footprint(others));
    states.push(await engine.resources(STACK));
    // It comes back in front, where it was or at the end: where it stands in the file means nothing.
    const [first = "", second = ""] = others;
    const order = { "ap-southeast-2": [first, second, region], "eu-west-1": [first, region, second] }[region];
    const added = await deploy(footprint(order ?? [region, first, second]));
    states.push(await engine.resources(STACK));
    return { drained, removed, added, states };
  }

  test("the preview of a new footprint lists exactly what the update then makes", () => {
    expect(decisions(created.preview.steps)).toEqual(decisions(created.up.steps));
    expect(new Set(created.up.steps.map(({ op }) => op))).toEqual(new Set(["create"]));
    expect(popsOf(created.up.steps)).toEqual([...REGIONS, "global"].sort());
  });

  test("a second update, a refresh and a preview after it change nothing (P2)", () => {
    expect([again, refreshed, afterRefresh].map(({ steps }) => lines(steps))).toEqual([[], [], []]);
  });

  test("a refresh sees exactly what was deleted or changed behind the engine's back, and the update restores it", () => {
    expect(lines(drift.seen.steps)).toEqual([
      "delete Record footprint-routing-us-east-1-cdn.example.com-aaaa",
      "update Vpc eu-west-1-network tags",
    ]);
    expect(lines(drift.restored.steps)).toEqual([
      "create Record footprint-routing-us-east-1-cdn.example.com-aaaa",
      "update Vpc eu-west-1-network tags",
    ]);
    expect(drift.after).toBe(drift.before);
  });

  test("draining takes the PoP's latency records and its protection, and nothing else (P24)", () => {
    expect(lines(undone.drained.steps)).toEqual(DRAIN("eu-west-1"));
  });

  test("undoing a drain restores the state before, to the letter (P24)", () => {
    expect(undone.after).toBe(undone.before);
    expect(kinds(undone.active.steps)).toEqual(["create Record", "update Bucket", "update LoadBalancer"]);
  });

  describe.each(REGIONS)("%s on its way out and back", (region) => {
    const way = (): Way => {
      const found = ways.get(region);
      if (found === undefined) {
        throw new Error(`${region} was not on its way`);
      }
      return found;
    };

    test("draining touches its records and its protection only", () => {
      expect(lines(way().drained.up.steps)).toEqual(DRAIN(region));
    });

    test("removing it deletes what it has and touches no other PoP (P3)", () => {
      const { shared, steps } = apart(way().removed.up);

      expect(lines(shared)).toEqual([DASHBOARD]);
      expect(new Set(steps.map(({ op }) => op))).toEqual(new Set(["delete"]));
      expect(popsOf(steps)).toEqual([region]);
      expect(steps).toHaveLength(way().states[1]?.filter(({ urn }) => popOf(nameOf(urn)) === region).length ?? 0);
    });

    test("adding it makes what it has and touches no other PoP (P4)", () => {
      const { shared, steps } = apart(way().added.up);

      expect(lines(shared)).toEqual([DASHBOARD]);
      expect(new Set(steps.map(({ op }) => op))).toEqual(new Set(["create"]));
      expect(popsOf(steps)).toEqual([region]);
      expect(steps).toHaveLength(way().states[0]?.filter(({ urn }) => popOf(nameOf(urn)) === region).length ?? 0);
    });

    test("the state of everything else stays the same to the letter, addresses and names included", () => {
      const [before, ...after] = way().states.map((state) => stateAsText(elsewhere(state, region)));

      expect(before).toContain("footprint-zones");
      expect(after).toEqual([before, before, before]);
    });
  });

  test("each preview of a drain, a removal and an addition lists exactly what the update does", () => {
    const { drained, removed, added } = ways.get(REGIONS[0]) ?? {};

    for (const both of [drained, removed, added]) {
      expect(both?.preview?.steps.length).toBeGreaterThan(0);
      expect(decisions(both?.preview?.steps ?? [])).toEqual(decisions(both?.up.steps ?? []));
    }
  });
});

/** The one thing that shows all PoPs. */
const DASHBOARD = "update Dashboard footprint-dashboard dashboardBody";

function apart({ steps }: Run): { readonly shared: Run["steps"]; readonly steps: Run["steps"] } {
  const isShared = (step: Run["steps"][number]) => lines([step]).includes(DASHBOARD);
  return { shared: steps.filter(isShared), steps: steps.filter((step) => !isShared(step)) };
}

const DRAIN = (region: string): string[] => [
  `delete Record footprint-routing-${region}-cdn.example.com-a`,
  `delete Record footprint-routing-${region}-cdn.example.com-aaaa`,
  `update Bucket ${region}-store forceDestroy`,
  `update LoadBalancer ${region}-lb enableDeletionProtection`,
];

function footprint(regions: readonly string[], pops: Readonly<Record<string, object>> = {}) {
  return tiny(Object.fromEntries(regions.map((region) => [region, pops[region] ?? {}])));
}

/** What lists all PoPs: the stack's outputs, and the dashboard. */
const OF_ALL = ["pulumi:pulumi:Stack", "aws:cloudwatch/dashboard:Dashboard"];

/** All but one PoP and what lists all of them. */
function elsewhere(state: readonly Resource[], region: string): readonly Resource[] {
  return state.filter(({ urn, type }) => popOf(nameOf(urn)) !== region && !OF_ALL.includes(type));
}
