import { createHash } from "node:crypto";
import type { Asked } from "../cities/ask";
import { PAGES } from "../origin";
import { passed, shownSeconds, urlOf, type Outcome, type Scenario, type Stage } from "./stage";

/** Seconds between two requests of a city. */
const EVERY = 0.5;
/** Requests that each city makes when the command has ended. */
const AFTERWARDS = 3;

/** Ways to name what is to go. */
const WAYS: readonly { readonly way: string; readonly what: (url: URL) => readonly string[] }[] = [
  { way: "url", what: ({ href }) => ["--url", href] },
  { way: "tag", what: ({ host }) => ["--tag", "page", "--host", host] },
  { way: "host", what: ({ host }) => ["--host", host] },
  { way: "all", what: () => ["--all"] },
];

/** A purge as it went, moments in ms since 1970. */
export interface Purged {
  readonly way: string;
  readonly begun: number;
  /** When the command had ended, which waits for every node. */
  readonly done: number;
  readonly status: number;
  /** The page as it was and as it is. */
  readonly bodies: { readonly former: string; readonly current: string };
  /** What everybody was told, of one connection per city. */
  readonly asked: readonly Asked[];
}

export const purge: Scenario = {
  name: "purge",
  title: "A page that is purged by URL, tag, host or with everything is got by nobody when the command has ended",
  play: async (stage) => {
    const all: Purged[] = [];
    for (const { way, what } of WAYS) {
      all.push(await purged(stage, way, what));
    }
    return judgePurge(all);
  },
};

/** Lets every city ask for a page all the time, changes it, and purges it. */
async function purged(stage: Stage, way: string, what: (url: URL) => readonly string[]): Promise<Purged> {
  const path = `${PAGES.kept.prefix}${way}/${Date.now()}`;
  const url = urlOf(stage, path);
  let answered = 0;
  let left = Infinity;
  const requests = async function* () {
    for (let more = Infinity; more > 0; more = Math.min(more, left) - 1) {
      yield { url };
      answered++;
      await passed(EVERY);
    }
  };
  const asking = Promise.all(stage.cities.map((city) => stage.visit(city, stage.host, requests())));
  const over = asking.then(() => "over" as const);
  // Everybody has it from the cache before it changes.
  while (answered < 2 * stage.cities.length && (await Promise.race([over, passed(EVERY)])) !== "over");
  const bodies = stage.newPages(path);
  const begun = Date.now();
  const status = await stage.purge(what(url));
  const done = Date.now();
  left = AFTERWARDS;
  return { way, begun, done, status, bodies, asked: (await asking).flat() };
}

/** Whether nobody got what was purged by a request of after the command, and everybody got it before. */
export function judgePurge(all: readonly Purged[]): Outcome {
  const lines = all.map(({ way, begun, done, status, bodies, asked }) => {
    const [former, current] = [sha256(bodies.former), sha256(bodies.current)];
    const old = asked.filter(({ body }) => body === former);
    const late = old.filter(({ at }) => at > done);
    const failures = asked.filter(({ failure }) => failure !== null);
    const others = asked.filter(({ failure, body }) => failure === null && body !== former && body !== current);
    const unserved = new Set(asked.map(({ city }) => city));
    for (const { city } of asked.filter(({ at, body }) => at > done && body === current)) {
      unserved.delete(city);
    }
    const last = Math.max(begun, ...old.map(({ at }) => at));
    const broken = [
      ...(status === 0 ? [] : [`the command ended with ${status}`]),
      ...(old.some(({ at, cache }) => at < begun && cache === "hit")
        ? []
        : ["nobody had the page from the cache before"]),
      ...late.slice(0, 1).map(({ city, at }) => `${city} got the former page ${shownSeconds(done, at)} after it`),
      ...failures.slice(0, 1).map(({ city, failure }) => `${city}: ${failure ?? ""}`),
      ...others.slice(0, 1).map(({ city }) => `${city} got what is not the page`),
      ...(unserved.size === 0 ? [] : [`${[...unserved].join(", ")} did not get the current page afterwards`]),
    ].map((what) => `by ${way}: ${what}`);
    const figures = [old.length, asked.length - old.length].map(String);
    return { row: [way, shownSeconds(begun, last), shownSeconds(begun, done), ...figures], broken };
  });
  return {
    head: ["purged by", "last former page", "command done", "former pages", "current pages"],
    rows: lines.map(({ row }) => row),
    notes: ["Seconds are counted from the start of the command, which takes some to start."],
    broken: lines.flatMap(({ broken }) => broken),
  };
}

function sha256(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
