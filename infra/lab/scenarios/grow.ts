import { REGIONS } from "../../config/regions";
import { answer } from "../../plan/latency/answers";
import type { City } from "../cities/cities";
import type { CityRecord } from "../cities/watch";
import type { Setting } from "../stackText";
import { AFTERWARDS, everybodyAsked, forgottenAt, haveMoved, judgeMoved, watchAll } from "./moving";
import { passed, shownSeconds, type Outcome, type Scenario, type Stage } from "./stage";

/** An image of the new PoP: any will do here. */
const IMAGE = "ami-0f00f00f00f00f00f";

/** Seconds until Route 53 calls a new PoP healthy: three checks and a name, perhaps on a busy machine. */
const HEALTHY_WITHIN = 300;

/** A PoP that was added, and when its records stood, ms since 1970. */
export interface Grown {
  readonly region: string;
  readonly active: readonly string[];
  readonly at: number;
  /** When Route 53 called it healthy, ms since 1970. */
  readonly found: number;
  /** Seconds until answers given before have expired. */
  readonly dnsTtl: number;
}

export const addRegion: Scenario = {
  name: "add-region",
  title:
    "A PoP that is added to the stack file gets the cities near it, one that is drained and removed gives them back, and no request fails",
  play: async (stage) => {
    const { dnsTtl } = stage.failover;
    const region = newcomer(stage);
    if (region === undefined) {
      return { head: [], rows: [], notes: [], broken: ["there is no region that any city is nearer to"] };
    }
    const broken: string[] = [];
    const deploy = async (settings: readonly Setting[]) => {
      const done = await stage.deploy(settings);
      broken.push(...done.broken);
      return { at: Date.now(), former: done.former };
    };
    /** Waits until it is so, or answers of DNS given before have expired; and a while, to see whether it stays so. */
    const until = async (deployed: number, isSo: () => boolean) => {
      while (Date.now() < forgottenAt(deployed, dnsTtl) && !isSo()) {
        await passed(1);
      }
      await passed(AFTERWARDS);
    };
    const first = watchAll(stage, "/scenario/add-region");
    try {
      await everybodyAsked(first);
      const { at, former } = await deploy([
        { path: ["pops", region], value: {} },
        { path: ["image", region], value: IMAGE },
      ]);
      const found = await foundHealthy(stage, region);
      const theirs = nearestTo(stage, region);
      await until(found, () => theirs.every((city) => isLastBy(first.records(), city, region)));
      const second = watchAll(stage, "/scenario/remove-region");
      let drained: number;
      try {
        await everybodyAsked(second);
        await first.stop();
        ({ at: drained } = await deploy([{ path: ["pops", region, "state"], value: "drained" }]));
        await until(drained, () => haveMoved(second.records(), { region }));
        await deploy(former);
      } finally {
        await second.stop();
      }
      const grown = judgeGrown(stage.cities, first.records(), { region, active: stage.active, at, found, dnsTtl });
      const end = forgottenAt(drained, dnsTtl);
      const gone = judgeMoved(second.records(), { region, at: drained, end, mayFail: false });
      const back = new Map(
        gone.rows.map(([city = "", , , then = "", first = "", failed = ""]) => [city, [then, first, failed]]),
      );
      return {
        head: [...grown.head, "drained: then", "first by it", "failed"],
        rows: grown.rows.map((row) => [...row, ...(back.get(row[0] ?? "") ?? [])]),
        notes: [
          ...grown.notes,
          "Seconds are counted from the end of `up`: records are made before it, and taken away before it.",
        ],
        broken: [...broken, ...grown.broken, ...gone.broken],
      };
    } finally {
      await first.stop();
    }
  },
};

/** The region that most cities would move to, of those that every account has. */
function newcomer({ cities, active }: Pick<Stage, "cities" | "active">): string | undefined {
  const moved = (region: string) => (active.includes(region) ? 0 : nearestTo({ cities, active }, region).length);
  return [...REGIONS.values()]
    .filter(({ optIn, latencyRouting, defaultTypes }) => !optIn && latencyRouting && defaultTypes !== null)
    .map(({ code }) => ({ code, count: moved(code) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))[0]?.code;
}

/**
 * Waits until Route 53 calls a new PoP healthy. Its check was there before its nodes, and has failed since: whoever asks
 * meanwhile is told of another one, and goes by that as long as answers of DNS last.
 *
 * @returns when, ms since 1970; by then at the latest all is lost
 */
async function foundHealthy({ isHealthy }: Pick<Stage, "isHealthy">, region: string): Promise<number> {
  const end = Date.now() + HEALTHY_WITHIN * 1000;
  while (!isHealthy(region) && Date.now() < end) {
    await passed(1);
  }
  return Date.now();
}

/** Cities that would ask a PoP in a region. */
function nearestTo({ cities, active }: Pick<Stage, "cities" | "active">, region: string): readonly string[] {
  return cities.filter((city) => answer(city, [...active, region])?.pop === region).map(({ name }) => name);
}

/** Whether a city's last answer is a PoP's. */
function isLastBy(records: readonly CityRecord[], city: string, region: string): boolean {
  const spans = records.find((record) => record.city === city)?.answeredBy ?? [];
  const last = Math.max(...spans.map((span) => span.last));
  return spans.some((span) => span.region === region && span.last === last);
}

/** Whether those moved who are nearer to the new PoP, in time, nobody else, and nobody lost a request. */
export function judgeGrown(
  cities: readonly Pick<City, "name" | "ms">[],
  records: readonly CityRecord[],
  { region, active, at, found, dnsTtl }: Grown,
): Outcome {
  const end = forgottenAt(found, dnsTtl);
  const lines = records.map(({ city, asked, failed, answeredBy }) => {
    const place = cities.find(({ name }) => name === city);
    const before = place && answer(place, active)?.pop;
    const wanted = place && answer(place, [...active, region])?.pop;
    const there = answeredBy.find((span) => span.region === wanted);
    const late = answeredBy.filter((span) => span.region !== wanted && span.last > end);
    const strangers = answeredBy.filter((span) => span.region !== wanted && span.region !== before);
    const broken = [
      ...failed.slice(0, 1).map((each) => `a request failed at ${shownSeconds(at, each.at)} (${each.failure ?? ""})`),
      ...(there === undefined ? [`${wanted ?? "nobody"} never answered`] : []),
      ...late.map((span) => `${span.region} still answered at ${shownSeconds(at, span.last)}`),
      ...strangers.map((span) => `was answered by ${span.region}`),
    ].map((what) => `${city}: ${what}`);
    const moved = wanted !== before && there !== undefined ? [there.region, shownSeconds(at, there.first)] : ["", ""];
    return { row: [city, answeredBy[0]?.region ?? "nobody", ...moved, `${failed.length} of ${asked}`], broken };
  });
  return {
    head: ["city", "before", "then", "first by it", "failed"],
    rows: lines.map(({ row }) => row),
    notes: [
      `${region} was added; promised: whoever is nearer to it is there within ${dnsTtl} s of when Route 53 finds it healthy: ${shownSeconds(at, found)}`,
    ],
    broken: [
      ...(lines.some(({ row }) => row[2] === region) ? [] : [`nobody moved to ${region}`]),
      ...lines.flatMap(({ broken }) => broken),
    ],
  };
}
