import { createHash } from "node:crypto";
import pc from "picocolors";
import type { Asked } from "../../../infra/lab/cities/ask";
import { citiesIn } from "../../../infra/lab/cities/cities";
import { cityRecords } from "../../../infra/lab/cities/watch";
import { judgeMoving } from "../../../infra/lab/scenarios/moving";
import { judgeNearest } from "../../../infra/lab/scenarios/nearest";
import { judgeOrigin, type Told } from "../../../infra/lab/scenarios/origin";
import { outcomeText, SCENARIOS } from "../../../infra/lab/scenarios/play";
import { judgePurge } from "../../../infra/lab/scenarios/purge";
import { judgeZone } from "../../../infra/lab/scenarios/zone";
import { SHIPPED_LATENCY } from "../../../infra/plan/latency/table";

const [london, sydney] = citiesIn("127.80", SHIPPED_LATENCY, ["London", "Sydney"]);
const STYLE = { ...pc.createColors(false), width: Infinity };
const ACTIVE = ["ap-southeast-2", "eu-west-2"];

const asked = (city: string, at: number, region: string | null, more: Partial<Asked> = {}): Asked => ({
  ...{ city, at, over: at, region, failure: region === null ? "refused" : null, status: 200, headers: {}, body: null },
  ...{ cache: "hit", times: { dns: 0, connect: 0, tls: 0, answer: 10, total: 0 } },
  ...more,
});

describe("the nearest", () => {
  const visit = (city = london, region = "eu-west-2", second: Partial<Asked> = {}) => ({
    city: city!,
    asked: [asked(city!.name, 1, region, { cache: "miss" }), asked(city!.name, 2, region, second)],
  });

  test("holds where each city is answered by the PoP of the data, from the cache the second time", () => {
    const outcome = judgeNearest([visit(), visit(sydney, "ap-southeast-2")], ACTIVE, 2, 4);
    expect(outcome.broken).toEqual([]);
    expect(outcome.rows).toEqual([
      ["London", "eu-west-2", "eu-west-2", expect.any(String), "10", "miss", "hit"],
      ["Sydney", "ap-southeast-2", "ap-southeast-2", expect.any(String), "10", "miss", "hit"],
    ]);
  });

  test("is broken by another PoP, a miss, an answer before its time, a failure, and an origin that is asked too often", () => {
    const broken = (...args: Parameters<typeof visit>) => judgeNearest([visit(...args)], ACTIVE, 1, 1).broken;
    expect(broken(london, "ap-southeast-2")).toEqual(["London: ap-southeast-2 answered, not eu-west-2"]);
    expect(broken(london, "eu-west-2", { cache: "miss" })).toEqual(["London: the second request was no hit: miss"]);
    const soon = { dns: 0, connect: 0, tls: 0, answer: -3, total: 0 };
    expect(broken(london, "eu-west-2", { times: soon })).toEqual(["London: -3 ms is nearer than it is"]);
    expect(broken(london, "eu-west-2", { failure: "HTTP 503" })).toEqual(["London: HTTP 503"]);
    expect(judgeNearest([visit()], ACTIVE, 5, 4).broken).toEqual([
      "the origin had 5 requests for the page, more than the 4 allowed",
    ]);
  });
});

describe("a PoP that is taken out", () => {
  const LOST = {
    ...{
      region: "a",
      at: 10_000,
      found: 40_000,
      checks: 9,
      checksAllowed: 12,
      promised: 90,
      dnsTtl: 60,
      mayFail: true,
    },
  };
  const judge = (mayFail: boolean, ...all: readonly Asked[]) =>
    judgeMoving(cityRecords(["Rome", "Oslo"], [...all, asked("Oslo", 1000, "b"), asked("Oslo", 99_000, "b")]), {
      ...LOST,
      mayFail,
    });
  const records = (...all: readonly Asked[]) => cityRecords(["Rome"], all);

  test("holds where its clients go elsewhere in time", () => {
    const outcome = judge(false, asked("Rome", 1000, "a"), asked("Rome", 60_000, "a"), asked("Rome", 70_000, "b"));
    expect(outcome.broken).toEqual([]);
    expect(outcome.rows).toEqual([
      ["Rome", "a", "50 s", "b", "60 s", "0 of 3"],
      ["Oslo", "b", "", "", "", "0 of 2"],
    ]);
  });

  test("may cost its own clients requests until its time is over, if it is lost", () => {
    const lost = [asked("Rome", 1000, "a"), asked("Rome", 12_000, null), asked("Rome", 70_000, "b")];
    expect(judge(true, ...lost).broken).toEqual([]);
    expect(judge(false, ...lost).broken).toEqual(["Rome: a request failed at 2 s (refused)"]);
  });

  test("may cost its own clients what was under way when it was lost, and nobody else", () => {
    const cut = asked("Rome", 9000, null, { over: 10_400 });
    const told = [asked("Rome", 1000, "a"), asked("Rome", 70_000, "b")];
    expect(judge(true, ...told, cut).broken).toEqual([]);
    expect(judge(true, ...told, { ...cut, over: 9900 }).broken).toEqual(["Rome: a request failed at -1 s (refused)"]);
    expect(judge(true, ...told, { ...cut, city: "Oslo" }).broken).toEqual(["Oslo: a request failed at -1 s (refused)"]);
  });

  test("is broken by failures later, before, or of others", () => {
    const before = asked("Rome", 1000, "a");
    const late = [asked("Rome", 104_000, null), asked("Rome", 105_000, null), asked("Rome", 106_000, "b")];
    expect(judge(true, before, ...late).broken).toEqual(["Rome: a request failed at 94 s (refused), and 1 more"]);
    expect(judge(true, before, asked("Rome", 9000, null), asked("Rome", 70_000, "b")).broken).toEqual([
      "Rome: a request failed at -1 s (refused)",
    ]);
    expect(judge(true, before, asked("Rome", 70_000, "b"), asked("Oslo", 12_000, null)).broken).toEqual([
      "Oslo: a request failed at 2 s (refused)",
    ]);
  });

  test("is broken by answers after its time, by silence, and by others that are moved", () => {
    expect(
      judge(true, asked("Rome", 1000, "a"), asked("Rome", 104_000, "a"), asked("Rome", 105_000, "b")).broken,
    ).toEqual(["Rome: a still answered at 94 s"]);
    expect(judge(true, asked("Rome", 1000, "a")).broken).toEqual(["Rome: nobody answered afterwards"]);
    expect(
      judge(true, asked("Rome", 1000, "a"), asked("Rome", 20_000, "b"), asked("Oslo", 20_000, "c")).broken,
    ).toEqual(["Oslo: was moved without need, to c"]);
  });

  test("is broken by a health check that does not find it, or needs more checks than its threshold says", () => {
    const told = records(asked("Rome", 1000, "a"), asked("Rome", 70_000, "b"));
    const broken = (more: object) => judgeMoving(told, { ...LOST, ...more }).broken;
    expect(broken({ checks: 13 })).toEqual(["Route 53 made 13 checks of a, and is to find it by 12"]);
    expect(broken({ found: undefined, checks: 25 })).toEqual(["Route 53 made 25 checks of a, and is to find it by 12"]);
  });

  test("has more time where its checks came late: until answers of before they were through have expired", () => {
    const told = records(asked("Rome", 1000, "a"), asked("Rome", 160_000, "a"), asked("Rome", 165_000, "b"));
    expect(judgeMoving(told, { ...LOST, found: 102_000 }).broken).toEqual([]);
    expect(judgeMoving(told, LOST).broken).toEqual(["Rome: a still answered at 150 s"]);
  });
});

describe("a zone that is lost", () => {
  const LOST = { region: "a", zone: "a1", at: 10_000, promised: 90 };
  const judge = (...all: readonly Asked[]) =>
    judgeZone(cityRecords(["Rome", "Oslo"], [asked("Rome", 1000, "a"), asked("Oslo", 1000, "b"), ...all]), LOST).broken;
  const after = [asked("Rome", 101_000, "a"), asked("Oslo", 101_000, "b")];

  test("may cost requests of those whom its PoP serves, until the promised time is over", () => {
    expect(judge(asked("Rome", 70_000, null), ...after)).toEqual([]);
    expect(judge(asked("Rome", 9000, null, { over: 10_400 }), ...after)).toEqual([]);
    expect(judge(asked("Rome", 100_500, null), ...after)).toEqual(["Rome: a request failed at 91 s (refused)"]);
    expect(judge(asked("Rome", 9000, null), ...after)).toEqual(["Rome: a request failed at -1 s (refused)"]);
  });

  test("is broken by failures of others, and by silence", () => {
    expect(judge(asked("Oslo", 20_000, null), ...after)).toEqual(["Oslo: a request failed at 10 s (refused)"]);
    expect(judge(asked("Oslo", 101_000, "b"))).toEqual(["Rome: nobody answered afterwards"]);
  });
});

describe("a purge", () => {
  const bodies = { former: "the former", current: "the current" };
  const told = (city: string, at: number, body: string | null, more: Partial<Asked> = {}) =>
    asked(city, at, body === null ? null : "a", {
      body: body === null ? null : createHash("sha256").update(body).digest("hex"),
      ...more,
    });
  const purged = { way: "url", begun: 10_000, done: 14_000, status: 0, bodies };
  const before = told("Rome", 9000, bodies.former);
  const after = told("Rome", 14_500, bodies.current, { cache: "miss" });
  const broken = (all: readonly Asked[], more: object = {}) => judgePurge([{ ...purged, asked: all, ...more }]).broken;

  test("holds where nobody who asks after the command gets the former page", () => {
    const outcome = judgePurge([{ ...purged, asked: [before, told("Rome", 12_000, bodies.former), after] }]);
    expect(outcome.broken).toEqual([]);
    expect(outcome.rows).toEqual([["url", "2 s", "4 s", "2", "1"]]);
  });

  test("is broken by a former page afterwards, by failures, another body, silence, and a command that fails", () => {
    expect(broken([before, told("Rome", 14_001, bodies.former), after])).toEqual([
      "by url: Rome got the former page 0 s after it",
    ]);
    expect(broken([before, told("Rome", 12_000, null), after])).toEqual(["by url: Rome: refused"]);
    expect(broken([before, told("Rome", 12_000, "of another site"), after])).toEqual([
      "by url: Rome got what is not the page",
    ]);
    expect(broken([before, told("Oslo", 9000, bodies.former), after])).toEqual([
      "by url: Oslo did not get the current page afterwards",
    ]);
    expect(broken([before, after], { status: 1 })).toEqual(["by url: the command ended with 1"]);
  });

  test("proves nothing where nobody had the page from the cache", () => {
    expect(broken([told("Rome", 9000, bodies.former, { cache: "miss" }), after])).toEqual([
      "by url: nobody had the page from the cache before",
    ]);
  });
});

// Witness: RFC 5861, sections 3 and 4.
describe("an origin that fails", () => {
  const CONTROL = "public, max-age=2, stale-while-revalidate=0, stale-if-error=15";
  const answered = (age: number, cache: Asked["cache"] = "stale") =>
    asked("Rome", 1, "a", { cache, headers: { age: String(age), "cache-control": CONTROL } });
  const failedOne = asked("Rome", 1, "a", { failure: "HTTP 503", status: 503 });
  const all = (more: readonly Told[] = []): readonly Told[] => [
    ...(["up", "slow"] as const).flatMap((state) =>
      (["brief", "window"] as const).map((page) => ({ page, state, asked: answered(0, "miss") })),
    ),
    ...(["down", "broken"] as const).flatMap((state) => [
      { page: "brief" as const, state, asked: answered(3) },
      { page: "window" as const, state, asked: answered(17) },
      { page: "window" as const, state, asked: failedOne },
    ]),
    ...more,
  ];

  test("is made up for by stale pages, until their window is over", () => {
    expect(judgeOrigin(all()).broken).toEqual([]);
    expect(judgeOrigin(all([{ page: "window", state: null, asked: failedOne }])).broken).toEqual([]);
  });

  test("is noticed where a page has a window still, where it is up, or where a page is older than its window", () => {
    const broken = (...more: readonly Told[]) => judgeOrigin(all(more)).broken;
    expect(broken({ page: "brief", state: "down", asked: failedOne })).toEqual(["origin down, brief: Rome: HTTP 503"]);
    expect(broken({ page: "window", state: "up", asked: failedOne })).toEqual(["origin up, window: Rome: HTTP 503"]);
    expect(broken({ page: "window", state: "down", asked: answered(20) })).toEqual([
      "Rome: window was 20 s old, beyond its window",
    ]);
    const slow = { dns: 0, connect: 0, tls: 0, answer: 2000, total: 2000 };
    expect(broken({ page: "window", state: "down", asked: { ...answered(20), times: slow } })).toEqual([]);
    expect(broken({ page: "window", state: "down", asked: asked("Rome", 1, null, { status: null }) })).toEqual([
      "Rome: the connection ended: refused",
    ]);
  });

  test("proves nothing where nobody got a stale page, or a window was never over", () => {
    const told = all().filter(({ state, asked: { failure } }) => state !== "broken" || failure === null);
    expect(judgeOrigin(told).broken).toEqual([
      "origin broken, window: it never failed, so what became of its window was not seen",
    ]);
    expect(judgeOrigin(all().filter(({ state, page }) => state !== "down" || page !== "brief")).broken).toEqual([
      "origin down, brief: nobody asked",
      "origin down, brief: nobody got a stale page",
    ]);
  });
});

test("an outcome is a table with a verdict", () => {
  const [scenario] = SCENARIOS;
  const outcome = { head: ["city"], rows: [["Rome"]], notes: ["seen"], broken: [] };
  expect(outcomeText(scenario!, outcome, STYLE)).toMatch(/Rome\n.*\nseen\nIt holds\.\n$|Rome\nseen\nIt holds\.\n$/);
  expect(outcomeText(scenario!, { ...outcome, broken: ["this"] }, STYLE)).toMatch(/\nbroken: this\n$/);
});
