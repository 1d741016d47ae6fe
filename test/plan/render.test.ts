import * as path from "node:path";
import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { stackConfigFromFile } from "../../infra/config/stackFile";
import { buildPlan } from "../../infra/plan/build";
import { diffPlans } from "../../infra/plan/diff";
import type { Plan } from "../../infra/plan/model";
import { renderDiff } from "../../infra/plan/renderDiff";
import { renderPlan } from "../../infra/plan/render";
import { small, valuesOf } from "../support/stacks";
import { repository } from "../support/tree";

const plain = { ...pc.createColors(false), width: Infinity };
const TWO = { "eu-west-1": {}, "us-east-1": {} };

/** The body of a section, without its title. */
const section = (text: string, title: string) => text.split(`${title}\n`)[1]?.split("\n\n")[0];

describe("a plan as text", () => {
  let plan: Plan;
  beforeAll(async () => {
    plan = await buildPlan("sandbox", stackConfigFromFile(path.join(repository, "stacks/Pulumi.sandbox.yaml")));
  });

  test("reads like this", () => {
    expect(renderPlan(plan, plain)).toMatchSnapshot();
  });

  test("is the same with and without colours, but for the colours", () => {
    const coloured = renderPlan(plan, { ...pc.createColors(true), width: Infinity });

    expect(coloured).not.toBe(renderPlan(plan, plain));
    expect(stripVTControlCharacters(coloured)).toBe(renderPlan(plan, plain));
  });

  test("its tables fit a narrow terminal", () => {
    const lines = section(renderPlan(plan, { ...plain, width: 120 }), "PoPs")?.split("\n") ?? [];

    expect(lines.length).toBeGreaterThan(4);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  test("marks what has no sourced price, and never prints it as nothing", () => {
    const { "us-east-1": pop } = plan.pops;
    const without = {
      ...pop!,
      cost: {
        ...pop!.cost,
        partial: true,
        missing: ["Network Load Balancer"],
        lines: pop!.cost.lines.map((line) => ({ ...line, monthly: line.item === "Network Load Balancer" ? null : 1 })),
      },
    };
    const text = renderPlan({ ...plan, pops: { "us-east-1": without } }, plain);

    expect(section(text, "Cost a month at least, US dollars")).toMatch(
      /us-east-1 +1\.00 +\? +1\.00 +[\d.]+ +[\d.]+\* partial/,
    );
    expect(text).toContain("* without a sourced price: Network Load Balancer");
  });
});

test("what makes a PoP carry less than its nodes' bandwidth is said below what it carries", async () => {
  const types = { nodes: { types: ["c7gn.large", "c8gn.large"], min: 2, max: 4 } };
  const input = small({
    "us-east-1": { cluster: true, ...types },
    "eu-west-1": { cluster: false, nodes: { min: 2, max: 4 } },
  });

  const text = renderPlan(await buildPlan("limits", valuesOf(input)), plain);

  expect(text).toMatch(
    /us-east-1: the processors of c7gn\.large are its limit, not its bandwidth: \d\.\d a node in responses of 37 KB/,
  );
  expect(text).toContain(
    "us-east-1: its nodes are one cache, and send each other what they own: 67 % of it is for clients at the minimum size",
  );
  expect(text).not.toMatch(/eu-west-1: (?:the processors|its nodes)/);
});

describe("what traffic costs", () => {
  const title = "With traffic, US dollars a month";
  let plan: Plan;
  beforeAll(async () => {
    plan = await buildPlan("one", valuesOf(small({ "us-east-1": { cluster: false } })), { traffic: 50 * 1024 });
  });

  test("stands beside CloudFront's price for the same, with what that does not count", () => {
    const text = renderPlan(plan, plain).split(title)[1] ?? "";

    // 50 TB: 10 at $0.09, 40 at $0.085, 51,200 units at $0.006.
    expect(text).toMatch(/us-east-1 +50\.0 TB +4403\.20 +307\.20/);
    expect(text).toMatch(/\d+\.\d\d at CloudFront, pay as you go, for the same in 1472 million responses of 37 KB/);
    expect(text).toContain("for this traffic, more or less of it: CloudFront is cheaper at first, from ");
    expect(text).toContain(
      "not counted are CloudFront's flat plans and its discounts for a commitment, which are lower",
    );
  });

  test("is not said where nothing says how much it is", async () => {
    const without = await buildPlan("one", valuesOf(small({ "us-east-1": {} })));

    expect(renderPlan(without, plain)).not.toContain(title);
  });

  test("says which prices are missing, and what reads them", async () => {
    const far = await buildPlan("far", valuesOf(small({ "sa-east-1": {} })), { traffic: 1000 });
    const text = renderPlan(far, plain).split(title)[1] ?? "";

    expect(text).toContain("* without a sourced price: data to the Internet, load balancer capacity units");
    expect(text).toContain("`footprint prices --stack far` reads them from AWS's price list");
    expect(text).toContain("needs the prices that are missing");
  });
});

describe("the dates of its prices", () => {
  const dated = (...dates: readonly string[]) => ({
    total: 0,
    partial: false,
    missing: [],
    lines: dates.map((date) => ({
      item: "hosted zones",
      quantity: 1,
      unit: "zone",
      unitPrice: 0,
      source: "a test",
      date,
      monthly: 0,
    })),
  });
  const shown = (text: string) => /prices: .*/.exec(text)?.[0];

  test.each<[string, readonly string[], readonly string[], string]>([
    [
      "the oldest and the newest of its PoPs and of what is global",
      ["2026-03-01"],
      ["2026-01-01"],
      "2026-01-01 to 2026-03-01",
    ],
    ["one when all are of one day", ["2026-03-01", "2026-03-01"], [], "2026-03-01"],
  ])("are %s", async (_, ofPop, ofFootprint, expected) => {
    const plan = await buildPlan("test", valuesOf(small({ "us-east-1": {} })));
    const pops = { "us-east-1": { ...plan.pops["us-east-1"]!, cost: dated(...ofPop) } };
    const cost = { ...plan.cost, footprint: dated(...ofFootprint) };

    expect(shown(renderPlan({ ...plan, pops, cost }, plain))).toBe(`prices: of ${expected}; sources with --json`);
  });
});

describe("a difference as text", () => {
  const difference = async (before: Record<string, unknown>, after: Record<string, unknown>) => {
    const [old, now] = [
      await buildPlan("test", valuesOf(small(before))),
      await buildPlan("test", valuesOf(small(after))),
    ];
    return renderDiff("test", diffPlans(old, now), plain);
  };

  test("says when nothing changes", async () => {
    expect(await difference(TWO, TWO)).toBe("test: nothing changes\n");
  });

  test("says what a resize changes, with old and new values", async () => {
    expect(await difference(TWO, { ...TWO, "eu-west-1": { nodes: { min: 6, max: 40 } } })).toBe(`\
test: 0 to add, 1 to change, 0 to replace, 0 to remove

eu-west-1
  ~ Group eu-west-1-nodes
      inputs.maxSize: 24 -> 40
`);
  });

  test("says in one line that a PoP comes as a whole", async () => {
    const text = await difference(TWO, { ...TWO, "sa-east-1": {} });

    expect(text).toMatch(
      /^test: \d+ to add, 1 to change, 0 to replace, 0 to remove\n\nsa-east-1\n {2}\+ the whole PoP: \d+ resources\n\nglobal\n {2}~ Dashboard footprint-dashboard\n.+\n$/,
    );
  });

  test("warns that removing an active PoP is refused, naming the guard", async () => {
    const text = await difference(TWO, { "us-east-1": {} });

    expect(text).toContain("- the whole PoP: ");
    expect(text).toContain(
      "- DrainGuard eu-west-1-drain-before-removing - protected: the deployment will be refused\n",
    );
  });

  test("says why something is replaced, and that it is refused", async () => {
    const text = await difference(TWO, { ...TWO, "eu-west-1": { cidr: "10.64.240.0/20" } });

    expect(text).toContain("± Vpc eu-west-1-network: replaced\n      cidrBlock cannot be changed in place\n");
    expect(text).toMatch(/^ {6}may be replaced with it: eu-west-1-[a-z0-9-]+, eu-west-1-/m);
    expect(text).toContain('inputs.cidrBlock: "10.64.64.0/20" -> "10.64.240.0/20"\n');
  });

  test.each([
    [29, "  ~ Vpc a-name-of-17-letters"],
    [28, "  ~ Vpc a-name-of-17-letters"],
    [27, "  ~ Vpc a-name-of-17-let..."],
  ])("cuts a line that is longer than a terminal of %i columns", (width, line) => {
    const changed = { type: "aws:ec2/vpc:Vpc", name: "a-name-of-17-letters", urn: "", changes: [] };
    const global = { add: [], change: [changed], replace: [], remove: [] };
    const difference = { pops: {}, global, summary: { add: 0, change: 1, replace: 0, remove: 0 } };

    expect(
      renderDiff("test", difference, { ...plain, width })
        .split("\n")
        .at(-2),
    ).toBe(line);
  });
});
