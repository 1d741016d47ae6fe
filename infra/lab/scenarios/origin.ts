import { answer } from "../../plan/latency/answers";
import type { Asked } from "../cities/ask";
import { PAGES, type OriginState } from "../origin";
import { passed, type Outcome, type Scenario } from "./stage";

/** Seconds between two requests for a page. */
const EVERY = 1;
/** Seconds that a copy may be older than its window says: Age and lifetimes are whole seconds. */
const SLACK = 2;

/** What the origin does, and for how many rounds of requests of everybody: the first is longer than the short window. */
const PHASES: readonly { readonly state: OriginState; readonly rounds: number }[] = [
  { state: "up", rounds: 3 },
  { state: "down", rounds: 20 },
  { state: "up", rounds: 3 },
  { state: "broken", rounds: 20 },
  { state: "up", rounds: 3 },
  { state: "slow", rounds: 3 },
  { state: "up", rounds: 3 },
];

/** An answer, and how the origin was all the time from request to answer; null: it changed meanwhile. */
export interface Told {
  readonly page: "brief" | "window";
  readonly state: OriginState | null;
  readonly asked: Asked;
}

export const origin: Scenario = {
  name: "origin",
  title: "An origin that is down, broken or slow is made up for by stale pages, within their window and not beyond",
  play: async (stage) => {
    const people = stage.active.flatMap(
      (region) => stage.cities.find((city) => answer(city, stage.active)?.pop === region) ?? [],
    );
    const name = String(Date.now());
    // Of several sites it is the last one's origin: the others do not notice.
    const host = stage.hosts.at(-1) ?? stage.host;
    const pages = (["brief", "window"] as const).map((page) => ({
      page,
      url: new URL(`${PAGES[page].prefix}${name}`, `https://${host}`),
    }));
    const told: Told[] = [];
    let state: OriginState = "up";
    let changes = 0;
    let over = false;
    const rounds = people.map(() => 0);
    const visits = people.map(async (city, index) => {
      const marks: Omit<Told, "asked">[] = [];
      const requests = async function* () {
        while (!over) {
          for (const { page, url } of pages) {
            const [at, before] = [state, changes];
            yield { url };
            marks.push({ page, state: before === changes ? at : null });
          }
          rounds[index] = (rounds[index] ?? 0) + 1;
          await passed(EVERY);
        }
      };
      const all = await stage.visit(city, host, requests());
      all.forEach((asked, number) => {
        told.push({ ...(marks[number] ?? { page: "brief", state: null }), asked });
      });
      // A connection that ended does not hold up the rest.
      rounds[index] = Infinity;
    });
    try {
      for (const phase of PHASES) {
        state = phase.state;
        changes++;
        stage.setOrigin(state, host);
        const until = rounds.map((each) => each + phase.rounds);
        while (rounds.some((each, index) => each < (until[index] ?? 0))) {
          await passed(EVERY);
        }
      }
    } finally {
      stage.setOrigin("up", host);
      over = true;
      await Promise.all(visits);
    }
    return judgeOrigin(told);
  },
};

/** Whether pages with a long window were always there, and those with a short one never beyond it. */
export function judgeOrigin(told: readonly Told[]): Outcome {
  const states = ["up", "down", "broken", "slow"] as const;
  const lines = states.flatMap((state) =>
    (["brief", "window"] as const).map((page) => {
      const own = told.filter((each) => each.state === state && each.page === page).map(({ asked }) => asked);
      const failed = own.filter(({ failure }) => failure !== null);
      const stale = own.filter(({ cache }) => cache === "stale");
      const mayFail = page === "window" && (state === "down" || state === "broken");
      const slowest = Math.max(0, ...own.map(({ times }) => times?.answer ?? 0));
      const broken = [
        ...(own.length > 0 ? [] : ["nobody asked"]),
        ...(mayFail ? [] : failed.slice(0, 1).map(({ city, failure }) => `${city}: ${failure ?? ""}`)),
        ...(mayFail && failed.length === 0 ? ["it never failed, so what became of its window was not seen"] : []),
        ...((state === "down" || state === "broken") && stale.length === 0 ? ["nobody got a stale page"] : []),
      ].map((what) => `origin ${state}, ${page}: ${what}`);
      const figures = [own.length, stale.length, failed.length, ageOf(own)].map(String);
      return { row: [state, page, ...figures, `${(slowest / 1000).toFixed(1)} s`], broken };
    }),
  );
  const beyond = told.filter(({ asked }) => isBeyond(asked));
  // A connection that ends before its time is nobody's fault but ours.
  const cut = told.filter(({ asked }) => asked.status === null);
  return {
    head: ["origin", "page", "asked", "stale", "failed", "oldest, s", "slowest"],
    rows: lines.map(({ row }) => row),
    notes: [`brief may be stale for a day, window for 15 s (${PAGES.window.lifetime})`],
    broken: [
      ...lines.flatMap(({ broken }) => broken),
      ...beyond
        .slice(0, 1)
        .map(({ page, asked }) => `${asked.city}: ${page} was ${age(asked)} s old, beyond its window`),
      ...cut.slice(0, 1).map(({ asked }) => `${asked.city}: the connection ended: ${asked.failure ?? ""}`),
    ],
  };
}

/**
 * Whether a page was older than its own lifetime and its windows together (RFC 5861) when it was asked for: a node that has a
 * stale page still asks the origin first, and by the time that the origin has failed the page is so much older.
 */
export function isBeyond(asked: Asked): boolean {
  const { "cache-control": cacheControl = "" } = asked.headers;
  const seconds = (name: string): number => Number(new RegExp(`(?:^|[ ,])${name}=(\\d+)`).exec(cacheControl)?.[1] ?? 0);
  const window = Math.max(seconds("stale-while-revalidate"), seconds("stale-if-error"));
  const whenAsked = age(asked) - (asked.times?.answer ?? 0) / 1000;
  return asked.failure === null && whenAsked > seconds("max-age") + window + SLACK;
}

function age({ headers }: Asked): number {
  return Number(headers["age"] ?? 0);
}

function ageOf(all: readonly Asked[]): number {
  return Math.max(0, ...all.filter(({ failure }) => failure === null).map(age));
}
