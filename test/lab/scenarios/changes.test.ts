import type { Asked } from "../../../infra/lab/cities/ask";
import { citiesIn } from "../../../infra/lab/cities/cities";
import { cityRecords } from "../../../infra/lab/cities/watch";
import { judgeGrown } from "../../../infra/lab/scenarios/grow";
import { judgeBadImage, judgeNewImage, type Refreshed } from "../../../infra/lab/scenarios/image";
import { atHome, judgeMoved } from "../../../infra/lab/scenarios/moving";
import { judgeSurge, type Surged } from "../../../infra/lab/scenarios/surge";
import { SHIPPED_LATENCY } from "../../../infra/plan/latency/table";
import { UserError } from "../../../infra/terminal/userError";

// Witness: the plan's table of latencies says who is nearer to whom; the times are those that the plan promises.

const cities = citiesIn("127.80", SHIPPED_LATENCY, ["London", "Sydney"]);
const OLD = "us-east-1";
const NEW = "eu-west-2";

const asked = (city: string, at: number, region: string | null): Asked => ({
  ...{ city, at, over: at, region, failure: region === null ? "refused" : null, status: 200, headers: {}, body: null },
  ...{ cache: "hit", times: null },
});

describe("a PoP that is added", () => {
  const judge = (...london: readonly Asked[]) => judgeFound(10_000, ...london);
  const judgeFound = (found: number, ...london: readonly Asked[]) =>
    judgeGrown(
      cities,
      cityRecords(
        ["London", "Sydney"],
        [...london, asked("Sydney", 1000, "ap-southeast-2"), asked("Sydney", 99_000, "ap-southeast-2")],
      ),
      { region: NEW, active: ["ap-southeast-2", OLD], at: 10_000, found, dnsTtl: 60 },
    );
  const before = asked("London", 1000, OLD);

  test("holds where those who are nearer to it are there in time, and nobody else", () => {
    const outcome = judge(before, asked("London", 70_000, OLD), asked("London", 72_000, NEW));
    expect(outcome.broken).toEqual([]);
    expect(outcome.rows).toEqual([
      ["London", OLD, NEW, "62 s", "0 of 3"],
      ["Sydney", "ap-southeast-2", "", "", "0 of 2"],
    ]);
  });

  test("has its time from when Route 53 has found it healthy", () => {
    const london = [before, asked("London", 80_000, OLD), asked("London", 82_000, NEW)];
    expect(judgeFound(18_000, ...london)).toMatchObject({
      broken: [],
      notes: [
        `${NEW} was added; promised: whoever is nearer to it is there within 60 s of when Route 53 finds it healthy: 8 s`,
      ],
    });
    expect(judge(...london).broken).toEqual([`London: ${OLD} still answered at 70 s`]);
  });

  test("is broken by who stays, by who is late, by a lost request and by an answer of a third", () => {
    expect(judge(before).broken).toEqual([`nobody moved to ${NEW}`, `London: ${NEW} never answered`]);
    expect(judge(before, asked("London", 75_000, OLD), asked("London", 76_000, NEW)).broken).toEqual([
      `London: ${OLD} still answered at 65 s`,
    ]);
    expect(judge(before, asked("London", 20_000, null), asked("London", 30_000, NEW)).broken).toEqual([
      "London: a request failed at 10 s (refused)",
    ]);
    expect(judge(before, asked("London", 20_000, "ap-southeast-2"), asked("London", 30_000, NEW)).broken).toEqual([
      "London: was answered by ap-southeast-2",
    ]);
  });
});

test("a scenario begins when every city is where the table says, and says who is not when the time is over", async () => {
  const stage = (told: Partial<Asked>) => ({
    ...{ cities, active: [OLD, NEW], host: "www.example.com" },
    visit: () => Promise.resolve([{ ...asked("London", 1000, null), ...told }]),
  });

  await expect(atHome(stage({ failure: "queryA ENOTFOUND" }), 0)).rejects.toThrow(
    new UserError("London is not answered by eu-west-2 within 0 s: queryA ENOTFOUND"),
  );
  await expect(atHome(stage({ region: OLD, failure: null }), 0)).rejects.toThrow(
    new UserError("London is not answered by eu-west-2 within 0 s: us-east-1 answers"),
  );
});

test("a PoP that a file calls drained may answer until DNS has forgotten it, and fails nobody", () => {
  const judge = (...london: readonly Asked[]) =>
    judgeMoved(cityRecords(["London"], london), { region: OLD, at: 10_000, end: 73_000, mayFail: false }).broken;
  const told = [asked("London", 1000, OLD), asked("London", 90_000, NEW)];

  expect(judge(...told, asked("London", 72_000, OLD))).toEqual([]);
  expect(judge(...told, asked("London", 74_000, OLD))).toEqual([`London: ${OLD} still answered at 64 s`]);
  expect(judge(...told, asked("London", 20_000, null))).toEqual(["London: a request failed at 10 s (refused)"]);
});

describe("another image", () => {
  const records = (...all: readonly Asked[]) => cityRecords(["London"], [asked("London", 1000, OLD), ...all]);
  const of = (more: Partial<Refreshed>): Refreshed => ({
    ...{ region: OLD, at: 0, over: 600_000, status: "Successful", reason: "", serving: 2, current: 2, sounding: [] },
    ...more,
  });
  const BAD = of({ status: "Failed", reason: "the alarm few sounds", serving: 1, current: 0, sounding: ["few"] });

  test("that is good is on every node when its refresh is through, and nobody noticed", () => {
    expect(judgeNewImage(records(), of({})).broken).toEqual([]);
    expect(judgeNewImage(records(), of({ status: "InProgress", current: 1 })).broken).toEqual([
      `the instance refresh of ${OLD} is InProgress: `,
      `1 of 2 nodes of ${OLD} have the new image`,
    ]);
    expect(judgeNewImage(records(asked("London", 5000, null)), of({})).broken).toEqual([
      "London: a request failed at 5 s (refused)",
    ]);
    expect(judgeNewImage(records(asked("London", 5000, NEW)), of({})).broken).toEqual([
      "London: was answered by 2 PoPs",
    ]);
  });

  test("that is bad serves nobody, and an alarm has stopped its refresh", () => {
    expect(judgeBadImage(records(), BAD).broken).toEqual([]);
    expect(judgeBadImage(records(), { ...BAD, status: "InProgress", reason: "", sounding: [] }).broken).toEqual([
      `the instance refresh of ${OLD} is InProgress: `,
      "no alarm sounded",
    ]);
    expect(judgeBadImage(records(), { ...BAD, current: 1 }).broken).toEqual([
      "1 nodes of the bad image are in service",
    ]);
    expect(judgeBadImage(records(), { ...BAD, serving: 0 }).broken).toEqual([`${OLD} has no node in service`]);
    expect(judgeBadImage(records(asked("London", 5000, null)), BAD).broken).toEqual([
      "London: a request failed at 5 s (refused)",
    ]);
  });
});

describe("a surge", () => {
  const surged = (more: Partial<Surged> = {}, failed = 1): Surged => ({
    ...{ region: OLD, max: 4, errorBudget: 0.001 },
    moments: [
      { at: 0, desired: 2, serving: 2, asked: 0, failed: 0 },
      { at: 240_000, desired: 3, serving: 2, asked: 900, failed: 0 },
      { at: 300_000, desired: 3, serving: 3, asked: 1000, failed },
    ],
    ...more,
  });

  test("holds where the group grew, what is new serves, and the objective was kept", () => {
    expect(judgeSurge(surged())).toMatchObject({
      rows: [expect.anything(), expect.anything(), ["300 s", "3", "3", "1000", "1"]],
      broken: [],
    });
  });

  test("is broken by a group that stays or grows too far, by nodes that do not come, and by too many failures", () => {
    const [first] = surged().moments;
    expect(judgeSurge(surged({}, 2)).broken).toEqual(["2 of 1000 requests failed"]);
    expect(judgeSurge(surged({ max: 2 })).broken).toEqual(["the group grew beyond its 2 nodes"]);
    expect(judgeSurge(surged({ moments: first === undefined ? [] : [first, { ...first, asked: 9 }] })).broken).toEqual([
      `the group of ${OLD} did not grow`,
      "no new node came into service",
    ]);
    expect(judgeSurge(surged({ moments: [] })).broken).toContain("nobody asked");
  });
});
