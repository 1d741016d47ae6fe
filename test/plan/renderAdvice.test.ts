import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { REGIONS } from "../../infra/config/regions";
import { advise, type Advice } from "../../infra/plan/advise";
import { buildPlan } from "../../infra/plan/build";
import { tableOf, usersOf } from "../../infra/plan/latency/files";
import type { LatencyTable } from "../../infra/plan/latency/table";
import { weighted } from "../../infra/plan/latency/weights";
import { renderAdvice } from "../../infra/plan/renderAdvice";
import { small, valuesOf } from "../support/stacks";

const plain = { ...pc.createColors(false), width: Infinity };
const table = tableOf({});
const users = usersOf({});
const TWO = valuesOf(small({ "eu-west-1": {}, "us-east-1": {} }));

/** The body of a section, without its title. */
const section = (text: string, title: string) => text.split(`${title}\n`)[1]?.split("\n\n")[0]?.trimEnd();

describe("advice for two PoPs", () => {
  let advice: Advice;
  let text: string;
  beforeAll(async () => {
    advice = await advise("test", TWO, { users, table, goal: 100, places: ["Lagos", "BR"] });
    text = renderAdvice(advice, plain);
  });

  it("reads like this", () => {
    expect(text).toMatchSnapshot();
  });

  it("is the same with and without colours, but for the colours", () => {
    const coloured = renderAdvice(advice, { ...pc.createColors(true), width: Infinity });
    expect(coloured).not.toBe(text);
    expect(stripVTControlCharacters(coloured)).toBe(text);
  });

  it("prices every region as the plan would after adding it with the stack's defaults", async () => {
    const { monthly } = advice.add.find(({ region }) => region === "eu-central-1")!;
    const { pops } = await buildPlan("test", valuesOf(small({ "eu-west-1": {}, "us-east-1": {}, "eu-central-1": {} })));
    const { total, partial, missing } = pops["eu-central-1"]!.cost;
    expect(monthly).toEqual({ total, partial, missing });
  });

  it("gives no latency for a dollar where the nodes have no price", () => {
    const unpriced = advice.add.filter(({ monthly }) => monthly?.missing.some((item) => item.endsWith("on demand")));
    expect(unpriced.map(({ msPer100Dollars }) => msPer100Dollars)).toEqual(unpriced.map(() => null));
    expect(unpriced.length).toBeGreaterThan(0);
  });

  it("says nothing of regions without figures, but names them", () => {
    const { withoutFigures, add, shields } = advice;
    expect(withoutFigures).toEqual(["ap-southeast-5", "ap-southeast-6", "me-south-1", "mx-central-1"]);
    expect([...add, ...shields].filter(({ region }) => withoutFigures.includes(region))).toEqual([]);
    expect(text).toContain(`no figure, so nothing is said of ${withoutFigures.join(", ")}`);
  });

  it("rejects places that the table does not have, each with the name it may have meant", async () => {
    await expect(
      advise("test", TWO, { users, table, goal: 100, places: ["Lagoss", "BR", "Atlantis"] }),
    ).rejects.toThrow(
      new Error(
        [
          '--places: must be cities of the latency table or ISO 3166 codes of their countries, got "Lagoss", did you mean "Lagos"?',
          '--places: must be cities of the latency table or ISO 3166 codes of their countries, got "Atlantis", did you mean "Atlanta"?',
        ].join("\n"),
      ),
    );
  });
});

test("a shield's cost a month is that of a tenth of what the other PoPs send, at its region's price", async () => {
  const values = valuesOf(small({ "eu-west-1": { peak: 1 }, "us-east-1": { peak: 0.5 } }));

  const { shields } = await advise("test", values, { users, table });

  const of = (code: string) => shields.find(({ region }) => region === code)?.monthlyOfATenth;
  // 65 % of a peak of 1 Gbit/s all month, in GB of 2^30 bytes, at $0.09. The table has no price of eu-west-1.
  expect(of("us-east-1")).toBeCloseTo(((0.65 * 1e9 * 730 * 3600) / 8 / 2 ** 30) * 0.1 * 0.09, 1);
  expect(of("eu-west-1")).toBeNull();
});

test("advice is for PoPs that serve, at prices of the stack's own settings", async () => {
  const { slot } = REGIONS.get("sa-east-1")!;
  const taken = `10.${String(64 + (slot >> 4))}.${String((slot % 16) * 16)}.0/20`;
  const input = {
    ...small({ "us-east-1": { cidr: taken }, "eu-west-1": { state: "drained" }, "eu-central-2": {} }),
    acknowledge: { optInRegions: ["eu-central-2"] },
  };
  const { pops, leaveOut, add } = await advise("test", valuesOf(input), { users, table });

  expect(pops).toEqual(["eu-central-2", "us-east-1"]);
  expect(leaveOut.map(({ region }) => region).sort()).toEqual(pops);
  // What is there already costs what the plan says; its addresses are taken by another, so none can be made there.
  const monthly = new Map(add.map((each) => [each.region, each.monthly]));
  expect([monthly.get("us-west-2") == null, monthly.get("sa-east-1")]).toEqual([false, null]);
});

describe("advice for one PoP", () => {
  it("leaves it in, and reaches a goal that its users have", async () => {
    const advice = await advise("test", valuesOf(small({ "us-east-1": {} })), { users, table, goal: 600 });
    const text = renderAdvice(advice, plain);
    expect(section(text, "A PoP less, the least latency lost on average first")).toBe("  it is the only one");
    expect(section(text, "Within 600 ms")).toMatch(/^ {2}the PoPs that there are suffice \(for \d+ places: median /);
  });

  it("says what no region reaches, and that none more helps there", async () => {
    const one: LatencyTable = {
      source: "test",
      places: [{ name: "Far", country: "AQ", lat: -77, lon: 166, ms: { "us-east-1": 300, "sa-east-1": 250.4 } }],
    };
    const far = weighted(one, { users: { Far: 1 }, source: "test" });
    const advice = await advise("test", valuesOf(small({ "us-east-1": {} })), { users: far, table: one, goal: 20 });
    expect(section(renderAdvice(advice, plain), "Within 20 ms")).toBe(
      [
        "  no further region brings another place within it (for 1 places: median 300 ms, p95 300 ms, average 300 ms then)",
        "  out of reach of every region, with the nearest: Far AQ 250 ms (sa-east-1)",
      ].join("\n"),
    );
  });
});

describe("notes of a plan", () => {
  const about = (notes: readonly string[], region: string) => notes.filter((note) => note.startsWith(`${region}: `));

  it("say of a PoP that it has no figure, and that nobody knows who takes its load", async () => {
    const {
      notes,
      pops,
      users: summary,
    } = await buildPlan(
      "test",
      valuesOf({
        ...small({ "eu-west-1": {}, "us-east-1": {}, "me-south-1": { peak: 1 } }),
        acknowledge: { optInRegions: ["me-south-1"] },
      }),
    );
    expect([pops["me-south-1"]?.users?.share, summary.withoutFigures]).toEqual([null, ["me-south-1"]]);
    expect(about(notes, "me-south-1")).toEqual([
      "me-south-1: the latency table has no figure of it, so nobody is counted to it: --latency FILE takes yours",
      "me-south-1: if it is lost, nothing says who carries 1.0 Gbit/s of its load",
    ]);
  });

  it("say of a PoP that no user is nearest to it", async () => {
    const onlyLagos = weighted(table, { users: { Lagos: 1 }, source: "test" });
    const { notes, pops } = await buildPlan("test", TWO, { users: onlyLagos });
    expect([pops["eu-west-1"]?.users?.share, pops["us-east-1"]?.users?.share]).toEqual([1, 0]);
    expect(about(notes, "us-east-1")[0]).toBe(
      "us-east-1: no user is nearest to it by the latency table and the weights",
    );
  });

  it("are none for PoPs with figures and users", async () => {
    const { notes } = await buildPlan("test", TWO);
    expect(notes).toEqual([]);
  });
});
