import { Watch } from "../cities/watch";
import { PAGES, VISITOR } from "../origin";
import { endOf, EVERY, SLACK } from "../scenarios/moving";
import { passed, shownSeconds, type Outcome, type Scenario, type Stage } from "../scenarios/stage";
import { keysIn, withValue } from "../stackText";
import { violations, type Silence, type Told } from "./invariants";
import { drawTwo, mishaps, type Mishap } from "./mishaps";
import { randomOf } from "./random";

export interface ChaosOptions {
  readonly seed: number;
  /** After these no new round begins. */
  readonly minutes: number;
}

/** Seconds for which two things last, beyond the time that a PoP has to lose its clients, at AWS's own pace. */
const LASTS = 30;

/** Two things at a time, drawn by a seed, again and again, while everybody asks for all kinds of pages. */
export function chaos({ seed, minutes }: ChaosOptions): Scenario {
  return {
    name: "chaos",
    title: `Whatever happens two at a time (seed ${seed}, ${minutes} min), nobody gets another's page, or one beyond its window, or an answer of a drained PoP after its time`,
    // One more site, whose pages must not be taken for another's.
    prepare: (text) => {
      const own = keysIn(text, ["sites"]);
      const [zone = ""] = keysIn(text, ["zones"]);
      let other = `other.${zone}`;
      for (let number = 2; own.includes(other); number++) {
        other = `other-${number}.${zone}`;
      }
      return withValue(text, ["sites", other], { origin: `https://origin.${other}` });
    },
    play: async (stage) => {
      const told: Told[] = [];
      const silences: Silence[] = [];
      const rows: (readonly string[])[] = [];
      const broken: string[] = [];
      const random = randomOf(seed);
      const watch = everybody(stage, told);
      const begun = Date.now();
      try {
        while (Date.now() < begun + minutes * 60_000) {
          const pair = drawTwo(mishaps(stage), stage.active.length, random);
          const round = await played(stage, pair, told);
          silences.push(...round.silences);
          broken.push(...round.broken);
          const asked = told.filter(({ asked: { at } }) => at >= round.begun);
          const failed = asked.filter((each) => each.asked.failure !== null);
          rows.push([
            shownSeconds(begun, round.begun),
            pair.map(({ name }) => name).join("; "),
            `${failed.length} of ${asked.length}`,
            shownSeconds(round.begun, Date.now()),
          ]);
        }
      } finally {
        await watch.stop();
        stage.setOrigin("up");
      }
      const found = violations(told, silences);
      return outcome(rows, told, [...broken, ...found]);
    },
  };
}

function outcome(rows: Outcome["rows"], told: readonly Told[], broken: readonly string[]): Outcome {
  return {
    head: ["at", "what happened", "failed requests", "until all was well"],
    rows,
    notes: [`${told.length} answers were looked at`, ...failures(told)],
    broken: [...broken.slice(0, 10), ...(broken.length > 10 ? [`and ${broken.length - 10} more`] : [])],
  };
}

/** How requests failed, and for which pages, the most frequent first. */
function failures(told: readonly Told[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { path, asked } of told.filter((each) => each.asked.failure !== null)) {
    const what = `${path} of ${asked.region ?? "nobody"}: ${asked.failure ?? ""}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 8)
    .map(([what, count]) => `failed ${count} times: ${what}`);
}

/** One round: both begin, last, and end; then everybody is served again. */
async function played(stage: Stage, pair: readonly Mishap[], told: readonly Told[]) {
  const begun = Date.now();
  const { detect, dnsTtl } = stage.failover;
  const drained: { readonly region: string; readonly at: number; found: number | undefined }[] = [];
  const broken: string[] = [];
  await Promise.all(
    pair.map(async (mishap) => {
      broken.push(...(await mishap.begin(stage)));
      if (mishap.drains && mishap.region !== null) {
        drained.push({ region: mishap.region, at: Date.now(), found: undefined });
      }
    }),
  );
  const end = Date.now() + (detect + dnsTtl + SLACK + LASTS / stage.pace) * 1000;
  while (Date.now() < end) {
    for (const each of drained) {
      each.found ??= stage.isHealthy(each.region) ? undefined : Date.now();
    }
    await passed(1);
  }
  const silences = drained.map(({ region, at, found = Infinity }): Silence => ({
    region,
    from: endOf({ at, found, promised: detect + dnsTtl, dnsTtl }),
    to: Date.now(),
  }));
  broken.push(
    ...drained.flatMap(({ region, found }) => (found === undefined ? [`Route 53 did not find ${region} drained`] : [])),
  );
  for (const mishap of pair) {
    broken.push(...(await mishap.end(stage)));
  }
  await stage.restore();
  const whole = Date.now();
  while (stage.cities.some(({ name }) => !told.some(({ asked }) => asked.city === name && asked.at > whole))) {
    await passed(1);
  }
  const lost = told.filter(({ asked }) => asked.at > whole && asked.failure !== null);
  broken.push(
    ...lost
      .slice(0, 1)
      .map(({ asked }) => `${asked.city}: a request failed when all was well (${asked.failure ?? ""})`),
  );
  return { begun, silences, broken };
}

/** Kinds of pages that are asked for in turn. */
const KINDS = ["/chaos/", PAGES.kept.prefix, PAGES.brief.prefix, PAGES.window.prefix, PAGES.private.prefix];

/** Every city asks again and again, for pages of all kinds of all sites. @param told grows by what each is told */
export function everybody(stage: Stage, told: Told[]): Watch {
  let turn = 0;
  const ask = async (name: string) => {
    const city = stage.cities.find((each) => each.name === name);
    const host = stage.hosts[turn % stage.hosts.length] ?? stage.host;
    const path = `${KINDS[Math.floor(turn / stage.hosts.length) % KINDS.length] ?? "/"}page`;
    turn++;
    const request = { url: new URL(path, `https://${host}`), headers: { [VISITOR]: name } };
    const [asked] = city === undefined ? [] : await stage.visit(city, host, [request]);
    if (asked === undefined) {
      throw new Error(`nobody asks in ${name}`);
    }
    const isPrivate = path.startsWith(PAGES.private.prefix);
    const strangers = isPrivate ? stage.cities.filter((each) => each.name !== name) : [];
    told.push({
      ...{ host, path, asked, bodies: stage.pages(host, path, name) },
      others: strangers.flatMap((each) => stage.pages(host, path, each.name)),
    });
    return asked;
  };
  return new Watch({ cities: stage.cities.map(({ name }) => name), ask, every: EVERY });
}
