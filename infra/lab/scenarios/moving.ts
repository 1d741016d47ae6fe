import type { Asked } from "../cities/ask";
import { answer } from "../../plan/latency/answers";
import { Watch, type CityRecord } from "../cities/watch";
import { UserError } from "../../terminal/userError";
import { CHECKERS } from "../health/checkers";
import { passed, shownSeconds, urlOf, type Outcome, type Scenario, type Stage } from "./stage";

/** Seconds between two requests of a city. */
export const EVERY = 3;
/** Seconds between two looks at Route 53. */
const LOOK = 0.2;
/** Longer than it takes until all have moved, to see who is still sent there, seconds. */
export const AFTERWARDS = 15;

export const drain: Scenario = {
  name: "drain",
  title:
    "A PoP whose drain switch is thrown loses its clients in the time that the plan says, and none of their requests",
  play: (stage) =>
    move(stage, {
      takeOut: async (region) => refused("drain", await stage.drain(region)),
      takeBack: async (region) => refused("undrain", await stage.undrain(region)),
      mayFail: false,
    }),
};

export const losePop: Scenario = {
  name: "lose-pop",
  title: "A PoP that is lost at once costs its own clients requests, and only until the failover that the plan says",
  play: (stage) =>
    move(stage, {
      takeOut: async (region) => {
        await stage.cutPower(region);
        return [];
      },
      takeBack: () => Promise.resolve([]),
      mayFail: true,
    }),
};

function refused(command: string, status: number): readonly string[] {
  return status === 0 ? [] : [`footprint ${command} ended with ${status}`];
}

/** How a PoP is taken out of service and back. @returns what went wrong */
interface Way {
  readonly takeOut: (region: string) => Promise<readonly string[]>;
  readonly takeBack: (region: string) => Promise<readonly string[]>;
  readonly mayFail: boolean;
}

/** What happened to a PoP, and when, ms since 1970. */
export interface Moving {
  readonly region: string;
  readonly at: number;
  /** When Route 53 called it unhealthy; undefined: it did not. */
  readonly found: number | undefined;
  /** Checks that it took, of all checkers, and how many it may take. */
  readonly checks: number;
  readonly checksAllowed: number;
  /** Seconds until no client is to be sent there, as the plan says. */
  readonly promised: number;
  /** Seconds of them until answers given before have expired. */
  readonly dnsTtl: number;
  /** Whether the PoP's clients may lose requests until then. */
  readonly mayFail: boolean;
}

/** Takes the PoP that most cities ask out of service, and watches all of them until its time is over. */
async function move(stage: Stage, { takeOut, takeBack, mayFail }: Way): Promise<Outcome> {
  const { threshold, detect, dnsTtl } = stage.failover;
  const watch = watchAll(stage, "/scenario/moving");
  let begun: Moving;
  let broken: readonly string[];
  try {
    await everybodyAsked(watch);
    const region = favourite(watch.records());
    if (region === undefined) {
      return nobodyAnswered(watch.records());
    }
    const now = () => ({ at: Date.now(), before: stage.checksOf(region) });
    const loss = now();
    broken = await takeOut(region);
    // The time of a drain runs from when it was done: the nodes have seen the switch then.
    const { at, before } = mayFail ? loss : now();
    const checksAllowed = CHECKERS * (threshold + 1);
    const checks = () => stage.checksOf(region) - before;
    while (stage.isHealthy(region) && checks() <= 2 * checksAllowed) {
      await passed(LOOK);
    }
    const found = stage.isHealthy(region) ? undefined : Date.now();
    begun = {
      ...{ region, at, found, checks: checks(), checksAllowed, promised: detect + dnsTtl, dnsTtl, mayFail },
    };
    while (Date.now() < endOf(begun) && !haveMoved(watch.records(), begun)) {
      await passed(1);
    }
    await passed(AFTERWARDS);
  } finally {
    await watch.stop();
  }
  const after = await takeBack(begun.region);
  await stage.restore();
  const outcome = judgeMoving(watch.records(), begun);
  return { ...outcome, broken: [...broken, ...outcome.broken, ...after] };
}

/** Every city asks for a page again and again, each time over a connection of its own. */
export function watchAll(stage: Stage, path: string): Watch {
  const url = urlOf(stage, path);
  const ask = async (name: string) => {
    const city = stage.cities.find((each) => each.name === name);
    const [asked] = city === undefined ? [] : await stage.visit(city, stage.host, [{ url }]);
    if (asked === undefined) {
      throw new Error(`nobody asks in ${name}`);
    }
    return asked;
  };
  return new Watch({ cities: stage.cities.map(({ name }) => name), ask, every: EVERY });
}

/**
 * Waits until every city is answered by the PoP of the data: what the scenario before has moved comes back with DNS.
 *
 * @param within seconds, perhaps on a busy machine
 * @throws UserError when one is not
 */
export async function atHome(stage: Pick<Stage, "cities" | "active" | "host" | "visit">, within = 900): Promise<void> {
  const url = urlOf(stage, "/scenario/home");
  const end = Date.now() + within * 1000;
  for (const city of stage.cities) {
    const wanted = answer(city, stage.active)?.pop;
    for (;;) {
      const [asked] = await stage.visit(city, stage.host, [{ url }]);
      if (asked?.region === wanted) {
        break;
      }
      if (Date.now() > end) {
        const came = asked?.failure ?? `${asked?.region ?? "nobody"} answers`;
        throw new UserError(`${city.name} is not answered by ${wanted ?? "any PoP"} within ${within} s: ${came}`);
      }
      await passed(1);
    }
  }
}

export async function everybodyAsked(watch: Watch): Promise<void> {
  while (watch.records().some(({ asked }) => asked === 0)) {
    await passed(1);
  }
}

/** The PoP that answers most cities. */
export function favourite(records: readonly CityRecord[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { answeredBy } of records) {
    const region = answeredBy[0]?.region;
    if (region !== undefined) {
      counts.set(region, (counts.get(region) ?? 0) + 1);
    }
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0];
}

/** There is nobody to be taken out. */
export function nobodyAnswered(records: readonly CityRecord[]): Outcome {
  const [failure] = records.flatMap(({ failed }) => failed);
  return { head: [], rows: [], notes: [], broken: [`nobody was answered: ${failure?.failure ?? "nobody asked"}`] };
}

/** Requests are made every few seconds, and one that was told the old address may take a moment to ask, seconds. */
export const SLACK = 3;

/** When an answer of DNS that was given at a moment is not to be gone by any more, both ms since 1970. */
export function forgottenAt(at: number, dnsTtl: number): number {
  return at + (dnsTtl + SLACK) * 1000;
}

/**
 * The time of a PoP is over when the plan says so; on a machine that is too busy to make its checks in time it is over when
 * answers of before they were through have expired.
 */
export function endOf({
  at,
  found = at,
  promised,
  dnsTtl,
}: Pick<Moving, "at" | "found" | "promised" | "dnsTtl">): number {
  return forgottenAt(Math.max(at + (promised - dnsTtl) * 1000, found), dnsTtl);
}

/**
 * Whether a failed request may be one of a loss: it was under way at that moment, or asked afterwards, before the time was
 * over. When it ended does not count beyond that: whoever was told an address in time may wait long for it.
 */
export function isOfLoss({ at, over }: Asked, loss: number, end: number): boolean {
  return over >= loss && at <= end;
}

/** Whether every city that asked the PoP has had its last answer from another one. */
export function haveMoved(records: readonly CityRecord[], { region }: Pick<Moving, "region">): boolean {
  return records.every(({ answeredBy }) => {
    const there = answeredBy.find((span) => span.region === region);
    return there === undefined || answeredBy.some(({ last }) => last > there.last);
  });
}

/** Whether a PoP's clients were moved in time, and whether others noticed anything. */
export function judgeMoving(records: readonly CityRecord[], moving: Moving): Outcome {
  const { region, at, found, checks, checksAllowed, promised } = moving;
  const { broken, ...outcome } = judgeMoved(records, { ...moving, end: endOf(moving) });
  return {
    ...outcome,
    notes: [
      `promised: within ${promised} s; ${found === undefined ? "not found" : `found after ${shownSeconds(at, found)}`}, by ${checks} checks`,
    ],
    broken: [
      ...(found === undefined || checks > checksAllowed
        ? [`Route 53 made ${checks} checks of ${region}, and is to find it by ${checksAllowed}`]
        : []),
      ...broken,
    ],
  };
}

/** @param moved with the moment at which nobody is to be sent there any more, ms since 1970 */
export function judgeMoved(
  records: readonly CityRecord[],
  { region, at, end, mayFail }: Pick<Moving, "region" | "at" | "mayFail"> & { readonly end: number },
): Outcome {
  const seconds = (moment: number): string => shownSeconds(at, moment);
  const lines = records.map(({ city, asked, failed, answeredBy }) => {
    const there = answeredBy.find((span) => span.region === region);
    const others = answeredBy.filter((span) => span.region !== region);
    const then = others.find(({ last }) => last >= at);
    const isTheirs = answeredBy[0]?.region === region;
    const excused = failed.filter((each) => mayFail && isTheirs && isOfLoss(each, at, end));
    const inexcusable = failed.filter((each) => !excused.includes(each));
    const broken = [
      ...inexcusable.slice(0, 1).map((each) => {
        const others = inexcusable.length === 1 ? "" : `, and ${inexcusable.length - 1} more`;
        return `a request failed at ${seconds(each.at)} (${each.failure ?? ""})${others}`;
      }),
      ...(there !== undefined && there.last > end ? [`${region} still answered at ${seconds(there.last)}`] : []),
      ...(then === undefined ? ["nobody answered afterwards"] : []),
      ...(!isTheirs && answeredBy.length > 1 ? [`was moved without need, to ${answeredBy[1]?.region ?? ""}`] : []),
    ].map((what) => `${city}: ${what}`);
    const moved = isTheirs && then !== undefined ? [then.region, seconds(then.first)] : ["", ""];
    const last = there === undefined ? "" : there.last < at ? "before" : seconds(there.last);
    return {
      row: [city, answeredBy[0]?.region ?? "nobody", last, ...moved, `${failed.length} of ${asked}`],
      broken,
    };
  });
  return {
    head: ["city", "before", `last by ${region}`, "then", "first by it", "failed"],
    rows: lines.map(({ row }) => row),
    notes: [],
    broken: lines.flatMap(({ broken }) => broken),
  };
}
