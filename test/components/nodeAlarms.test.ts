import { readFileSync } from "node:fs";
import * as path from "node:path";
import { METRICS } from "../../components/node/protocol/metrics";
import { holds, ringsAt, type AlarmInputs, type Minute, type Series } from "../support/alarmEvaluator";
import { some } from "../support/some";
import { ofType, shipped, SHIPPED, update } from "../support/stacks";
import { repository } from "../support/tree";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm";
const POP = "eu-central-1";
const SITE = "www.example.com";

const HOUR = 60;
const DAY = 24 * HOUR;

const minutes = (count: number, value: Minute): readonly Minute[] => Array.from({ length: count }, () => value);
const then = (...parts: readonly (readonly Minute[])[]): readonly Minute[] => parts.flat();

/** A PoP or a site with metrics of its own, of the shipped stack. */
let alarms: ReadonlyMap<string, AlarmInputs>;
let byName: ReadonlyMap<string, AlarmInputs>;
let rules: ReadonlyMap<string, string>;
beforeAll(async () => {
  const stack = shipped("europe");
  const [site = SITE] = Object.keys(stack.sites as object);
  const recording = await update({ ...stack, metrics: { sites: [site] } }, "europe");
  const prefix = `${POP}-nodes-`;
  const own = ofType(recording, ALARM).filter(({ name }) => name.startsWith(prefix));
  const inputsOf = (inputs: unknown) => inputs as AlarmInputs;
  const generic = (name: string) => name.slice(prefix.length).replaceAll(site, SITE);
  alarms = new Map(own.map(({ name, inputs }) => [generic(name), inputsOf(inputs)]));
  byName = new Map(
    own.map(({ name, inputs }) => [(inputs.name as string | undefined) ?? `${name}-0a1b2c3`, inputsOf(inputs)]),
  );
  rules = new Map(
    ofType(recording, COMPOSITE)
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, inputs }) => [generic(name), inputs.alarmRule as string]),
  );
});

describe("an alarm on what nodes publish", () => {
  const rings = (role: string, series: Series): readonly number[] => {
    const alarm = alarms.get(role);
    if (alarm === undefined) {
      throw new Error(`there is no alarm ${role}; there are ${[...alarms.keys()].join(", ")}`);
    }
    return ringsAt(alarm, series);
  };
  const silent = (nodes: readonly Minute[], reporting: readonly Minute[]): Series => ({
    GroupInServiceInstances: nodes,
    Reporting: reporting,
  });
  const evictions = (each: number, objects: number): Series => ({
    Evictions: minutes(5 * HOUR, each),
    // Of two nodes.
    Objects: minutes(5 * HOUR, [[objects / 2, 2]]),
  });

  test.each<[string, string, Series]>([
    [
      "origins",
      "an origin that fails at most requests",
      { OriginRequests: minutes(15, 50), OriginFailures: minutes(15, 40) },
    ],
    ["silent", "one node of four that does not publish", silent(minutes(15, 4), minutes(15, 3))],
    ["unheard", "nodes none of which publishes any more", { Reporting: then(minutes(30, 4), minutes(30, undefined)) }],
    ["evictions", "a cache that is thrown out once an hour", evictions(1000, 50_000)],
    [
      "configuration",
      "a bundle that a node has refused",
      {
        ConfigurationTrouble: minutes(5, [
          [0, 3],
          [1, 1],
        ]),
      },
    ],
    ["purge-lag", "a purge log that cannot be read", { PurgeLag: [1, 70, 130, 190, 250, 310] }],
    ["purges-refused", "a purge that nobody has signed", { PurgesRefused: [0, 0, 1, 0, 0] }],
    ["software-age", "packages of two months ago", { SoftwareAge: minutes(4 * HOUR, 60 * 86_400) }],
  ])("(%s) rings for %s", (role, _, series) => {
    expect(rings(role, series)).not.toEqual([]);
  });

  test.each<[string, string, Series]>([
    [
      "origins",
      "origins that fail at every third request",
      { OriginRequests: minutes(60, 60), OriginFailures: minutes(60, 20) },
    ],
    [
      "origins",
      "the only request of a quiet night",
      { OriginRequests: minutes(30, 1), OriginFailures: minutes(30, 1) },
    ],
    ["silent", "all nodes publishing", silent(minutes(30, 4), minutes(30, 4))],
    [
      "silent",
      "nodes that have just come",
      silent(then(minutes(5, undefined), minutes(40, 4)), then(minutes(9, undefined), minutes(36, 4))),
    ],
    [
      "silent",
      "the newest minute, which is on its way",
      silent(minutes(30, 4), then(minutes(28, 4), minutes(2, undefined))),
    ],
    [
      "silent",
      "a refresh that takes one of four",
      silent(minutes(30, 4), then(minutes(10, 5), minutes(8, 3), minutes(12, 4))),
    ],
    ["unheard", "nodes that have never published", { Reporting: minutes(60, undefined) }],
    [
      "unheard",
      "some minutes without CloudWatch",
      { Reporting: then(minutes(30, 4), minutes(9, undefined), minutes(30, 4)) },
    ],
    ["evictions", "a full cache with a little to throw out", evictions(100, 50_000)],
    [
      "evictions",
      "an hour that fills it",
      { Evictions: then(minutes(HOUR, 2000), minutes(4 * HOUR, 10)), Objects: minutes(5 * HOUR, 50_000) },
    ],
    [
      "configuration",
      "an adoption that failed once",
      { ConfigurationTrouble: then(minutes(5, 0), minutes(3, 1), minutes(5, 0)) },
    ],
    ["purge-lag", "a log that is read each second", { PurgeLag: minutes(30, 1) }],
    ["purge-lag", "two minutes without the log", { PurgeLag: then(minutes(5, 1), [65, 125], minutes(5, 1)) }],
    ["purges-refused", "purges that are signed", { PurgesRefused: minutes(30, 0) }],
    ["software-age", "packages of this month", { SoftwareAge: minutes(4 * HOUR, 30 * 86_400) }],
  ])("(%s) does not ring for %s", (role, _, series) => {
    expect(rings(role, series)).toEqual([]);
  });
});

describe("an objective's alarm", () => {
  const rings = (role: string, series: Series): boolean => {
    const rule = rules.get(role);
    if (rule === undefined) {
      throw new Error(`there is no composite alarm ${role}; there are ${[...rules.keys()].join(", ")}`);
    }
    return holds(rule, byName, series);
  };
  /** 1,000 requests a minute, so many of them answered with 500 and above. */
  const errors = (...each: readonly (readonly [count: number, perThousand: number])[]): Series => ({
    Requests: then(...each.map(([count]) => minutes(count, 1000))),
    ServerErrors: then(...each.map(([count, perThousand]) => minutes(count, perThousand))),
  });
  /** Likewise, so many of them with a first byte after five seconds. */
  const slow = (...each: readonly (readonly [count: number, perThousand: number])[]): Series => ({
    FirstByte: then(
      ...each.map(([count, perThousand]) =>
        minutes(count, [
          [30, 1000 - perThousand],
          [5000, perThousand],
        ]),
      ),
    ),
  });
  const few = (count: number, errorsIn: number): Series => ({
    Requests: minutes(count, 1),
    ServerErrors: then(minutes(count - errorsIn, 0), minutes(errorsIn, 1)),
  });

  // Google, The Site Reliability Workbook, chapter 5, table 5-8, for 99.9 %: 1.44 % of errors over 1 h and 5 min, 0.6 %
  // over 6 h and 30 min call somebody; 0.1 % over 3 d and 6 h are a ticket.
  test.each<[string, string, Series]>([
    ["errors", "2 % of errors for an hour", errors([6 * HOUR, 0], [HOUR, 20])],
    ["errors", "everything for five minutes", errors([6 * HOUR, 0], [5, 1000])],
    ["errors", "0.7 % for six hours", errors([DAY, 0], [6 * HOUR, 7])],
    ["errors", "a site that has few visitors and fails at each", few(HOUR, 20)],
    [`errors-${SITE}`, "2 % of errors for an hour", errors([6 * HOUR, 0], [HOUR, 20])],
    ["errors-slowly", "0.2 % for three days", errors([3 * DAY, 2])],
    ["slow", "a fifth of requests for an hour", slow([6 * HOUR, 1], [HOUR, 200])],
    ["slow", "7 % of requests for six hours", slow([DAY, 1], [6 * HOUR, 70])],
    [`slow-${SITE}`, "a fifth of requests for an hour", slow([6 * HOUR, 1], [HOUR, 200])],
    ["slow-slowly", "2 % of requests for three days", slow([3 * DAY, 20])],
  ])("(%s) rings for %s", (role, _, series) => {
    expect(rings(role, series)).toBe(true);
  });

  test.each<[string, string, Series]>([
    ["errors", "0.5 % for a day", errors([DAY, 5])],
    ["errors", "a bad hour that is over", errors([6 * HOUR, 0], [30, 20], [31, 0])],
    ["errors", "one bad minute", errors([6 * HOUR, 0], [1, 300], [4, 0])],
    ["errors", "three errors of a quiet night", few(HOUR, 3)],
    [`errors-${SITE}`, "0.5 % for a day", errors([DAY, 5])],
    ["errors-slowly", "0.05 % for three days", errors([3 * DAY, 0.5])],
    ["errors-slowly", "a bad day that is over", errors([2 * DAY, 4], [DAY, 0])],
    ["slow", "every twentieth request for a day", slow([DAY, 50])],
    ["slow", "a slow hour that is over", slow([6 * HOUR, 1], [30, 300], [31, 0])],
    [`slow-${SITE}`, "every twentieth request for a day", slow([DAY, 50])],
    ["slow-slowly", "one in two hundred for three days", slow([3 * DAY, 5])],
  ])("(%s) does not ring for %s", (role, _, series) => {
    expect(rings(role, series)).toBe(false);
  });

  test("looks only at alarms that are there, and those tell nobody themselves", () => {
    const parts = [...rules.values()].flatMap((rule) => [...rule.matchAll(/"(.+?)"/g)].map(([, name = ""]) => name));

    expect(some(parts).filter((name) => byName.get(name) === undefined)).toEqual([]);
    expect(parts.filter((name) => "alarmActions" in (byName.get(name) ?? {}))).toEqual([]);
  });
});

describe("every alarm of nodes", () => {
  const nothing = (count: number): Series =>
    Object.fromEntries(
      [...Object.keys(METRICS), "GroupInServiceInstances", "GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity"].map(
        (name) => [name, minutes(count, undefined)],
      ),
    );

  test("is silent at its birth, before anything was published", () => {
    expect(some([...alarms]).filter(([, alarm]) => ringsAt(alarm, nothing(90)).length > 0)).toEqual([]);
  });

  // PutMetricAlarm: seven days at most, and one day with periods of less than an hour.
  test("looks no further back than CloudWatch does", () => {
    const tooFar = some([...alarms.values()]).filter(({ period, metricQueries = [], evaluationPeriods }) => {
      const seconds = period ?? metricQueries.find(({ metric }) => metric !== undefined)?.metric?.period ?? 0;
      return seconds % 60 !== 0 || seconds * evaluationPeriods > (seconds < 3600 ? 86_400 : 604_800);
    });

    expect(tooFar).toEqual([]);
  });
});

test("the page on metrics names each metric, and each alarm that tells somebody", () => {
  const page = readFileSync(path.join(repository, "infra", "operate", "METRICS.md"), "utf8");
  const names = [...page.matchAll(/`([A-Za-z-]+)`/g)].map(([, name]) => name);
  const parts = new Set([...rules.values()].flatMap((rule) => [...rule.matchAll(/"(.+?)"/g)].map(([, name]) => name)));
  const telling = [...alarms]
    .filter(
      ([role, alarm]) =>
        !/(maximum|minimum)$/.test(role) && !parts.has([...byName].find(([, each]) => each === alarm)?.[0]),
    )
    .map(([role]) => role);

  expect(some([...Object.keys(METRICS), ...telling, ...rules.keys()]).filter((name) => !names.includes(name))).toEqual([
    `errors-${SITE}`,
    `slow-${SITE}`,
  ]);
});

// Who is woken by an alarm has its name and what it says, and nothing else.
test.each(SHIPPED)("every alarm of %s names a page of the runbook that is there", async (stack) => {
  const runbook = readFileSync(path.join(repository, "infra", "operate", "RUNBOOK.md"), "utf8");
  const pages = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  const recording = await update(shipped(stack), stack);
  const named = some([...ofType(recording, ALARM), ...ofType(recording, COMPOSITE)]).map(
    ({ inputs }) => /See the runbook, "(.+)"\.$/.exec(inputs.alarmDescription as string)?.[1] ?? "none",
  );

  expect(named.filter((page) => !pages.includes(page))).toEqual([]);
});
