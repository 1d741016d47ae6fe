import { EVENTS_KEPT } from "../../../infra/page/live/state";
import { happened, looked, withEvents, type Look } from "../../../infra/page/live/timeline";
import { city, FORMER, look, node, pop, WANTED } from "./example";

/** What the timeline says between two looks, with how it is meant. */
const between = (before: Partial<Look>, now: Partial<Look>) =>
  happened(look(before), look(now)).map(({ kind, text }) => `${kind}: ${text}`);

const EU = "eu-west-1";
const [first, second] = [node("i-1", `${EU}a`), node("i-2", `${EU}b`)];
const withNodes = (...nodes: ReturnType<typeof node>[]) => ({ pops: [pop(EU, { nodes })] });

test("tells nothing where nothing has changed, and nothing of the first look", () => {
  expect(between({}, {})).toEqual([]);
  expect(looked(undefined, look()).events).toEqual([]);
});

test("tells nothing of figures that go up and down", () => {
  const now = pop(EU, { hitRatio: 0.1, requests: 900, nodes: [node("i-1", `${EU}a`, { purgeLag: 3 })] });
  expect(between(withNodes(first), { pops: [now] })).toEqual([]);
});

test.each([
  ["active", "good: eu-west-1 takes users: why"],
  ["drained", "note: eu-west-1 is drained: why"],
  ["unhealthy", "bad: eu-west-1 is unhealthy: why"],
  ["unknown", "bad: eu-west-1 cannot be looked at: why"],
] as const)("tells that a PoP is %s now, and why", (state, text) => {
  const before = { pops: [pop(EU, { state: "warming" })] };
  expect(between(before, { pops: [pop(EU, { state, attention: ["why", "and more"] })] })).toEqual([text]);
});

test("tells of PoPs that come and go", () => {
  expect(between({ pops: [pop(EU)] }, { pops: [pop("us-east-1", { state: "warming" })] })).toEqual([
    "note: eu-west-1 is gone",
    "note: us-east-1 is there and comes up",
  ]);
});

test("tells what becomes of each node", () => {
  const now = withNodes(
    { ...first, state: "sick" },
    node("i-3", `${EU}a`, { state: "starting", generation: null }),
    node("i-4", `${EU}b`, { state: "silent" }),
  );
  expect(between(withNodes(first, second), now)).toEqual([
    "bad: i-2 in eu-west-1b is gone",
    "bad: i-1 in eu-west-1a is unhealthy",
    "note: i-3 in eu-west-1a starts",
    "bad: i-4 in eu-west-1b has not reported lately",
  ]);
  const leaving = withNodes(first, { ...second, state: "leaving" });
  expect(between(withNodes(first, second), leaving)).toEqual(["note: i-2 in eu-west-1b leaves"]);
  expect(between(leaving, withNodes(first))).toEqual(["note: i-2 in eu-west-1b is gone"]);
});

test("calls no node gone while its PoP cannot be looked at", () => {
  const away = { pops: [pop(EU, { state: "unknown", nodes: [] })] };
  expect(between(withNodes(first, second), away)).toEqual(["bad: eu-west-1 cannot be looked at"]);
  expect(between(away, withNodes(first, second))).toEqual(["good: eu-west-1 takes users"]);
});

test("follows a new configuration until the last node runs it", () => {
  const behind = (generations: readonly string[], wanted = WANTED) => ({
    pops: [pop(EU, { wanted, nodes: generations.map((generation, index) => node(`i-${index}`, EU, { generation })) })],
  });
  expect(between(behind([FORMER, FORMER], FORMER), behind([FORMER, FORMER]))).toEqual([
    "note: eu-west-1 is to run configuration 1a2b3c4d5e6f",
  ]);
  expect(between(behind([FORMER, FORMER]), behind([WANTED, FORMER]))).toEqual([]);
  expect(between(behind([WANTED, FORMER]), behind([WANTED, WANTED]))).toEqual([
    "good: all nodes of eu-west-1 run configuration 1a2b3c4d5e6f",
  ]);
  expect(between(behind([WANTED]), behind([WANTED, WANTED]))).toEqual(["good: i-1 in eu-west-1 serves"]);
});

test("says in one line which cities went the same way", () => {
  const before = {
    cities: [city("Berlin", EU), city("London", EU), city("Tokyo", "ap-northeast-1"), city("Cairo", null)],
  };
  const now = {
    cities: [city("Berlin", "us-east-1"), city("London", "us-east-1"), city("Tokyo", null), city("Cairo", EU)],
  };
  expect(between(before, now)).toEqual([
    "note: Berlin, London are answered by us-east-1 instead of eu-west-1",
    "bad: Tokyo is answered by nobody",
    "note: Cairo is answered by eu-west-1",
  ]);
});

test("tells when requests begin to fail, once", () => {
  const failing = { cities: [city("Berlin", EU, { last: "failed" }), city("London", EU, { last: "failed" })] };
  expect(between({ cities: [city("Berlin", EU), city("London", EU)] }, failing)).toEqual([
    "bad: requests fail from Berlin, London",
  ]);
  expect(between(failing, failing)).toEqual([]);
});

test("tells of ways and of the origin", () => {
  const origin = { name: "origin", state: "up" } as const;
  const before = {
    origin,
    links: [
      { from: "Cairo", to: EU, added: 50 },
      { from: "Lagos", to: EU, added: 1 },
    ],
  };
  const now = {
    origin: { ...origin, state: "down" } as const,
    links: [
      { from: "Cairo", to: EU, added: 200 },
      { from: "Tokyo", to: EU, added: null },
    ],
  };
  expect(between(before, now)).toEqual([
    "good: the way from Lagos to eu-west-1 is as it was",
    "bad: the way from Cairo to eu-west-1 takes 200 ms longer",
    "bad: the way from Tokyo to eu-west-1 is cut",
    "bad: the origin is down",
  ]);
});

test("numbers events from one on, and lets the oldest go", () => {
  const event = { kind: "note", by: "person", region: null, text: "purge" } as const;
  const many = Array.from({ length: EVENTS_KEPT + 5 }, () => event);
  const { events } = withEvents(
    withEvents(looked(undefined, look()), "2026-01-02T03:04:06.000Z", many),
    "2026-01-02T03:04:07.000Z",
    [event],
  );
  expect([events.length, events[0]?.number, events.at(-1)?.number, events.at(-1)?.at]).toEqual([
    EVENTS_KEPT,
    7,
    EVENTS_KEPT + 6,
    "2026-01-02T03:04:07.000Z",
  ]);
});
