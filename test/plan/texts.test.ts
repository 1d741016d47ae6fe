import type { Advice, PricedChange } from "../../infra/plan/advise";
import { buildPlan } from "../../infra/plan/build";
import type { PlanDiff, ReplacedResource, ResourceRef } from "../../infra/plan/diff";
import type { ManagedCdn } from "../../infra/plan/managedCdn";
import type { Plan, PopSummary } from "../../infra/plan/model";
import { renderPlan } from "../../infra/plan/render";
import { renderAdvice } from "../../infra/plan/renderAdvice";
import { renderConsequences } from "../../infra/plan/renderConsequences";
import { renderDiff } from "../../infra/plan/renderDiff";
import type { Style } from "../../infra/terminal/table";
import { small, valuesOf } from "../support/stacks";

// Every sentence that these can say, in texts that somebody has read.

/** Which colour a word would have. */
const STYLE: Style = {
  width: Infinity,
  dim: (text) => text,
  bold: (text) => `bold(${text})`,
  green: (text) => `green(${text})`,
  red: (text) => `red(${text})`,
  yellow: (text) => `yellow(${text})`,
};

describe("a plan with everything in it", () => {
  let plan: Plan;
  const pop = (region: string): PopSummary => plan.pops[region]!;
  const inPop = (region: string, changes: Partial<PopSummary>): Plan["pops"] => ({
    ...plan.pops,
    [region]: { ...pop(region), ...changes },
  });
  beforeAll(async () => {
    const input = {
      ...small({
        "us-east-1": { cluster: true, crossZone: true, peak: 60, nodes: { min: 6, max: 12, spotShare: 50 } },
        "us-east-2": { cluster: true, egress: "direct", peak: 1 },
        "eu-west-1": { state: "drained" },
        "eu-central-1": { peak: 2 },
        "eu-central-2": {},
      }),
      sites: {
        "cdn.example.com": { origin: "https://origin.example.org" },
        "later.example.com": { origin: "https://origin.example.org", dns: "later" },
      },
      acknowledge: { optInRegions: ["eu-central-2"] },
    };
    plan = await buildPlan("rich", valuesOf(input));
  });

  test("reads like this", () => {
    expect(renderPlan(plan, STYLE)).toMatchSnapshot();
  });

  test("says what it does not know, or has nothing of", () => {
    const { "us-east-1": first } = plan.pops;
    const nothing: Plan = {
      ...plan,
      notes: [],
      quotas: [],
      zoneQuotas: {},
      pairLosses: [],
      pops: inPop("us-east-1", {
        quotas: [],
        users: { share: null, bounds: null, latency: null },
        loss: {
          ...first!.loss!,
          takers: [],
          unplaced: first!.loss!.load / 4,
          moved: { before: null, after: null },
          hangsOn: [],
        },
        cost: {
          ...first!.cost,
          partial: true,
          missing: ["NAT gateway"],
          lines: first!.cost.lines.map((line) => ({ ...line, monthly: null, date: null })),
        },
      }),
      users: { ...plan.users, elsewhere: 0.031, origin: { ...plan.users.origin, latency: null } },
      traffic: { ...plan.traffic!, from: "--traffic", partial: true, missing: ["data to the Internet"], managed: null },
      cost: { ...plan.cost, partial: true, footprint: { total: 0, partial: false, missing: [], lines: [] } },
    };

    expect(renderPlan(nothing, STYLE)).toMatchSnapshot();
  });

  test("leaves out what there is nothing to say of", () => {
    const cost = { total: 0, partial: false, missing: [], lines: [] };
    const bare = ([region, each]: [string, PopSummary]): [string, PopSummary] => {
      const { loss, users } = each;
      const moved = loss && { before: null, after: loss.moved.after };
      return [
        region,
        {
          ...each,
          ...{ quotas: [], cost },
          ...(users && { users: { ...users, latency: null } }),
          ...(loss && moved && { loss: { ...loss, moved, basis: "peak", hangsOn: [] } }),
        },
      ];
    };
    const little: Plan = {
      ...plan,
      quotas: [],
      zoneQuotas: {},
      pairLosses: [{ ...plan.pairLosses[0]!, latency: null }, plan.pairLosses[1]!],
      pops: Object.fromEntries(Object.entries(plan.pops).map(bare)),
      users: { ...plan.users, elsewhere: 0, latency: null },
      traffic: { ...plan.traffic!, partial: true, missing: [] },
      cost: { ...cost, footprint: cost },
    };

    expect(renderPlan(little, STYLE)).toMatchSnapshot();
    const paid = { ...little, traffic: { ...plan.traffic!, partial: false, missing: [] } };
    expect(renderPlan(paid, STYLE)).toMatch(/^ {2}bold\([0-9.]+\) for the footprint with 12235 TB/m);
    expect(renderPlan(paid, STYLE)).not.toContain("* without");
  });

  test.each<[string, ManagedCdn]>([
    ["CloudFront is cheaper at any", { requests: 2.4e6, monthly: 12.345, cheaper: [{ from: 0, which: "CloudFront" }] }],
    [
      "the footprint is cheaper at any",
      { requests: 2.4e6, monthly: 12.345, cheaper: [{ from: 0, which: "footprint" }] },
    ],
    [
      "the footprint is at first, from 900 GB a month on CloudFront is cheaper, from 150 TB a month on the footprint is",
      {
        requests: 2.4e6,
        monthly: 12.345,
        cheaper: [
          { from: 0, which: "footprint" },
          { from: 900, which: "CloudFront" },
          { from: 153_600, which: "footprint" },
        ],
      },
    ],
  ])("says that %s", (said, managed) => {
    const text = renderPlan({ ...plan, traffic: { ...plan.traffic!, managed } }, STYLE);

    expect(text).toContain(`  12.35 at CloudFront, pay as you go, for the same in 2 million responses of 37 KB\n`);
    expect(text).toContain(`  for this traffic, more or less of it: ${said}\n`);
  });

  test.each([
    [null, "2.0"],
    [true, "2.0 green(carries the peak)"],
    [false, "2.0 red(too little)"],
  ])("says of a PoP whose verdict is %s: %s", (carriesPeak, said) => {
    const { capacity } = pop("eu-central-1");
    const zoneLoss = { ...capacity.zoneLoss, remaining: 2 };
    const text = renderPlan(
      { ...plan, pops: inPop("eu-central-1", { capacity: { ...capacity, carriesPeak, zoneLoss } }) },
      STYLE,
    );

    expect(text).toMatch(new RegExp(`^  eu-central-1 .*  ${said.replaceAll(/[.()]/g, "\\$&")}  +[0-9.]+$`, "m"));
  });

  test("names takers of little together, and says what is too much for whom", () => {
    const loss = pop("eu-central-1").loss!;
    const [taker] = loss.takers;
    const small = { ...taker!, share: 0.01, withinMin: true, withinMax: true };
    const takers = [
      { ...taker!, share: 0.9, withinMin: false, withinMax: true },
      { ...small, region: "us-east-1" },
      { ...small, region: "us-east-2" },
      { ...small, region: "eu-central-2", share: 0.004, withinMax: false, withinMin: false },
    ];
    const pair = plan.pairLosses[0]!;
    const pairLosses = [
      { ...pair, lost: ["a", "b"] as const, overMax: ["c", "d"], latency: { median: 1, p95: 2, mean: 3 } },
      { ...pair, lost: ["a", "c"] as const, overMax: ["b"], latency: { median: 11, p95: 22, mean: 4 } },
      { ...pair, lost: ["b", "c"] as const, overMax: [], latency: null },
    ];
    const pops = inPop("eu-central-1", {
      loss: { ...loss, takers, hangsOn: ["us-east-1", "eu-central-2"], basis: "peak" },
    });

    expect(section(renderPlan({ ...plan, pops, pairLosses }, STYLE), "If a PoP is lost")).toMatchSnapshot();
  });
});

const section = (text: string, title: string) =>
  text.slice(text.indexOf(title), text.indexOf("\n\n", text.indexOf(title)));

const gain = { median: 1, p95: 2.5, mean: 0.75 };
const change = (region: string, more: Partial<PricedChange> = {}): PricedChange => ({
  region,
  place: `place of ${region}`,
  optIn: false,
  share: 0.25,
  latency: gain,
  gain,
  gainBounds: { least: -0.5, most: 1.5 },
  places: [{ name: "Lagos", country: "NG", before: 90.4, after: 60 }],
  monthly: { total: 250.4, partial: false, missing: [] },
  msPer100Dollars: 0.3,
  ...more,
});

describe("advice", () => {
  let advice: Advice;
  beforeAll(async () => {
    const { users } = await buildPlan("test", valuesOf(small({ "us-east-1": {}, "eu-west-1": {} })));
    advice = {
      stack: "test",
      pops: ["us-east-1", "eu-west-1"],
      users,
      add: [
        change("sa-east-1", { optIn: true }),
        change("af-south-1", { monthly: { total: 99.6, partial: true, missing: ["NAT gateway"] } }),
        change("me-south-1", { monthly: null, msPer100Dollars: null }),
      ],
      contested: ["af-south-1", "me-south-1"],
      leaveOut: [
        { ...change("us-east-1"), carried: true },
        { ...change("eu-west-1"), carried: false },
        { ...change("eu-west-2"), carried: null },
      ],
      shields: [
        { region: "us-east-1", isPop: true, found: 10, fetched: 20, added: -3, gb: 0.09, monthlyOfATenth: 123.4 },
        { region: "sa-east-1", isPop: false, found: 10, fetched: 20, added: 4, gb: null, monthlyOfATenth: null },
      ],
      goal: { goal: 50, asked: 7, add: ["sa-east-1", "af-south-1"], exact: true, unreachable: [], latency: gain },
      withoutFigures: ["me-south-1", "me-central-1"],
    };
  });

  test("reads like this", () => {
    expect(renderAdvice(advice, STYLE)).toMatchSnapshot();
  });

  test("reads like this where there is nothing to say of a goal, money or others", () => {
    const little: Advice = {
      ...advice,
      goal: null,
      contested: [],
      withoutFigures: [],
      add: [change("sa-east-1")],
      leaveOut: [],
      shields: advice.shields.slice(1),
    };
    expect(renderAdvice(little, STYLE)).toMatchSnapshot();
  });

  test("names nobody who may be first where there is nobody to add", () => {
    expect(renderAdvice({ ...advice, add: [] }, STYLE)).not.toContain("the first may also be");
  });

  test.each([
    [
      { exact: false },
      "bold(sa-east-1, af-south-1): 2 more, found step by step; a smaller set may exist (for 7 places: ",
    ],
    [{ add: [] }, "green(the PoPs that there are suffice) (for 7 places: "],
    [
      {
        add: [],
        unreachable: [
          { name: "Far", country: "AQ", region: "sa-east-1", ms: 250.4 },
          { name: "Off", country: "TF", region: "af-south-1", ms: 80 },
        ],
      },
      "no further region brings another place within it (for 7 places: ",
    ],
  ])("says of a goal %j: %s", (goal, said) => {
    const text = renderAdvice({ ...advice, goal: { ...advice.goal!, ...goal } }, STYLE);

    expect(text).toContain(`Within 50 ms)\n  ${said}`);
    expect(
      text.includes("yellow(out of reach) of every region, with the nearest: Far AQ 250 ms (sa-east-1), Off TF 80"),
    ).toBe("unreachable" in goal);
  });
});

describe("a difference", () => {
  const ref = (name: string, type = "aws:ec2/vpc:Vpc"): ResourceRef => ({
    type,
    name,
    urn: `urn:pulumi:a::b::${type}::${name}`,
  });
  const changes = [
    { path: "inputs.a", before: 1, after: "x".repeat(58) },
    { path: "inputs.b", after: "x".repeat(59) },
    { path: "inputs.c", before: null },
    { path: "dependencies", before: [], after: ["a"] },
  ];
  const replaced: ReplacedResource = {
    ...ref("r"),
    changes,
    refused: true,
    reasons: ["one", "two"],
    mayFollow: [ref("f").urn, ref("g").urn],
  };
  const none = { add: [], change: [], replace: [], remove: [] };

  test("reads like this", () => {
    const diff: PlanDiff = {
      summary: { add: 1, change: 2, replace: 3, remove: 4 },
      pops: {
        "eu-west-1": {
          add: [ref("a")],
          change: [{ ...ref("c"), changes }],
          replace: [replaced, { ...replaced, refused: false, mayFollow: [], changes: [] }],
          remove: [
            { ...ref("d"), refused: false, retained: true },
            { ...ref("e"), refused: true, retained: false },
          ],
        },
        "eu-west-2": {
          ...none,
          add: [ref("eu-west-2", "footprint:pop:Pop"), ref("b")],
          remove: [
            { ...ref("eu-west-2", "footprint:pop:Pop"), refused: false, retained: false },
            { ...ref("f"), refused: true, retained: false },
          ],
        },
        "eu-west-3": none,
      },
      global: { ...none, change: [{ ...ref("g"), changes: [] }] },
    };
    expect(renderDiff("test", diff, STYLE)).toMatchSnapshot();
  });
});

describe("what clients notice", () => {
  const said = { refused: [], pops: { "eu-west-1": ["one", "two"], "eu-west-2": [] }, global: ["three"] };

  test.each([
    [said, "bold(What clients notice)\n  eu-west-1: one\n  eu-west-1: two\n  global: three\n"],
    [{ ...said, pops: {}, global: [] }, "bold(What clients notice): nothing\n"],
    [
      { ...said, refused: ["a", "b"] },
      'bold(What clients notice): nothing, since the deployment is refused (runbook, "An edit that takes two steps")\n  red(a)\n  red(b)\n',
    ],
  ])("of %j reads like this", (consequences, text) => {
    expect(renderConsequences(consequences, STYLE)).toBe(text);
  });
});
