import * as path from "node:path";
import { stackConfigFromFile } from "../../infra/config/stackFile";
import program from "../../infra/index";
import { buildPlan } from "../../infra/plan/build";
import { record } from "../../infra/plan/harness";
import { footprint } from "../support/cli";
import { changes, preview, shipped, SHIPPED, small, update, valuesOf, type StackInput } from "../support/stacks";
import { repository } from "../support/tree";

const FOUR = { "ap-southeast-2": {}, "eu-central-1": {}, "eu-west-1": {}, "us-east-1": {} };
/** It lists every PoP. */
const SHOWS_ALL = ["Dashboard footprint-dashboard"];
const NOTHING = { added: [], removed: [], changed: [] };

function without(input: StackInput, region: string): StackInput {
  const { [region]: _, ...pops } = input.pops;
  return { ...input, pops };
}

/** An object with its keys in the opposite order, all the way down. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}

describe("the same configuration gives the same plan (P1)", () => {
  test.each(SHIPPED)("%s, whatever the order of its keys", async (stack) => {
    const input = shipped(stack);

    const first = await preview(input);
    const second = await preview(reversed(input) as StackInput);

    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  });

  test("in another locale and time zone", async () => {
    // Jest's environment is a copy: no clock and no locale hears of what is written into it.
    const there = footprint(["plan", "--stack", "europe", "--json"], {
      TZ: "Pacific/Kiritimati",
      LC_ALL: "tr_TR.UTF-8",
    });

    const here = await buildPlan("europe", stackConfigFromFile(path.join(repository, "stacks/Pulumi.europe.yaml")));

    expect(there.stdout).toBe(`${JSON.stringify(here, null, 2)}\n`);
  });
});

describe("adding or removing a PoP leaves the others alone (P3, P4)", () => {
  const all = small(FOUR);

  test.each(["ap-southeast-2", "us-east-1"])("%s, taken out of four with all that a PoP can have", async (region) => {
    const [four, three] = [await preview(all), await preview(without(all, region))];

    const removal = changes(four, three);

    expect(removal.changed).toEqual(SHOWS_ALL);
    expect(removal.added).toEqual([]);
    expect(removal.removed.length).toBeGreaterThan(100);
    expect(removal.removed.filter((label) => !label.includes(region))).toEqual([]);
  });

  test.each([2, 4, 6])("any of %i", async (size) => {
    const regions = ["ap-northeast-1", "ap-south-1", "ca-central-1", "eu-north-1", "sa-east-1", "us-west-2"].slice(
      0,
      size,
    );
    const input = small(Object.fromEntries(regions.map((region) => [region, { zones: 2, egress: "direct" }])));
    const whole = await preview(input);
    for (const region of regions) {
      const removal = changes(whole, await preview(without(input, region)));

      expect(removal.changed).toEqual(SHOWS_ALL);
      expect(removal.removed.filter((label) => !label.includes(region))).toEqual([]);
    }
  });
});

describe("a change touches what it is about, and nothing else", () => {
  const base = small(FOUR);
  const edited = (pop: unknown): StackInput => ({ ...base, pops: { ...FOUR, "eu-west-1": pop } });

  test("resizing a PoP changes its group (P6)", async () => {
    const resized = changes(await preview(base), await preview(edited({ nodes: { min: 9, max: 40 } })));

    expect(resized).toEqual({ ...NOTHING, changed: ["Group eu-west-1-nodes"] });
  });

  test("other instance types of the same strength change its group (P6)", async () => {
    const types = ["m7gd.large", "c7gd.large", "r7gd.large"];
    const former = edited({ nodes: { types: ["m7gd.large", "c7gd.large"] } });

    expect(changes(await preview(former), await preview(edited({ nodes: { types } })))).toEqual({
      ...NOTHING,
      changed: ["Group eu-west-1-nodes"],
    });
  });

  test("stronger instance types change its group and the bandwidth at which it grows (P6)", async () => {
    const types = ["m7gd.xlarge", "c7gd.xlarge"];

    expect(changes(await preview(base), await preview(edited({ nodes: { types } })))).toEqual({
      ...NOTHING,
      changed: ["Group eu-west-1-nodes", "Policy eu-west-1-nodes-bandwidth"],
    });
  });

  test("a new image changes the launch template of its PoP (P7)", async () => {
    const image = { ...(base.image as object), "eu-west-1": "ami-0fedcba9876543210" };

    expect(changes(await preview(base), await preview({ ...base, image }))).toEqual({
      ...NOTHING,
      changed: ["LaunchTemplate eu-west-1-nodes"],
    });
  });

  test.each([
    ["cacheKey", { query: "none" }],
    ["stale", { whileRevalidate: 5, ifError: 5 }],
    ["maxAge", 60],
    ["methods", ["GET", "HEAD", "POST"]],
    ["compression", false],
    ["redirectStatus", 301],
    ["tagHeader", "Cache-Tag"],
    ["shield", "us-east-1"],
    ["origin", ["https://other.example.org", "https://origin.example.org"]],
  ])("a site's %s reaches the nodes by pointer, serial and bundle alone (P9)", async (key, value) => {
    const sites = { "cdn.example.com": { origin: "https://origin.example.org", [key]: value } };
    const two = small({ "eu-west-1": {}, "us-east-1": {} });

    const change = changes(await update(two), await update({ ...two, sites }));

    expect(change).toEqual({
      ...NOTHING,
      changed: ["eu-west-1", "us-east-1"]
        .flatMap((region) => [
          `BucketObjectv2 ${region}-store-bundle`,
          `BucketObjectv2 ${region}-store-pointer`,
          `Parameter ${region}-store-serial`,
        ])
        .sort(),
    });
  });

  test("a new site adds its records and certificates, and replaces no node (P9)", async () => {
    const sites = { ...(base.sites as object), "img.example.com": { origin: "https://origin.example.org" } };

    const { added, removed, changed } = changes(await update(base), await update({ ...base, sites }));

    expect(removed).toEqual([]);
    expect(added.filter((label) => !label.includes("img.example.com"))).toEqual([]);
    expect(new Set(changed.map((label) => label.split(" ")[0]))).toEqual(new Set(["BucketObjectv2", "Parameter"]));
  });

  test("draining a PoP takes its latency records and its protection, and nothing else (P24)", async () => {
    const drain = changes(await preview(base), await preview(edited({ state: "drained" })));

    expect(drain).toEqual({
      added: [],
      removed: [
        "Record footprint-routing-eu-west-1-cdn.example.com-a",
        "Record footprint-routing-eu-west-1-cdn.example.com-aaaa",
      ],
      changed: [
        "Bucket eu-west-1-store",
        "DrainGuard eu-west-1-drain-before-removing",
        "DrainGuard eu-west-1-drain-before-removing-10.64.64.0_20",
        ...["euw1-az1", "euw1-az2", "euw1-az3"].map((zone) => `DrainGuard eu-west-1-drain-before-removing-${zone}`),
        "LoadBalancer eu-west-1-lb",
        "StepGuard eu-west-1-egress-both-before-removing-nat",
      ],
    });
  });

  test("undoing a drain restores the plan before it (P24)", async () => {
    const config = valuesOf(base);
    const before = await record(program, { config });
    await record(program, { config: valuesOf(edited({ state: "drained" })) });

    expect(changes(before, await record(program, { config }))).toEqual(NOTHING);
  });
});
