import type { Asked } from "../cities/ask";
import type { City } from "../cities/cities";
import { answer } from "../../plan/latency/answers";
import { PAGES } from "../origin";
import { keysIn, withValue } from "../stackText";
import { watchAll } from "./moving";
import { passed, shownSeconds, urlOf, type Outcome, type Scenario, type Stage } from "./stage";

const NODES = {
  /** With so little baseline bandwidth that this machine can fill it: that of a node sets the target. */
  types: ["t4g.small", "t4g.medium"],
  /** Percent of it, the least that a stack file may name. */
  targetUtilization: 10,
} as const;
/** Connections of each city at a time, and requests over each: new ones find the nodes that are new. */
const CONNECTIONS = 3;
const REQUESTS = 20;
/** Until the group is to have grown and new nodes serve, seconds: three minutes of the alarm, a boot, two checks. */
const PATIENCE = 1200;
/** For which the surge goes on then, seconds. */
const AFTERWARDS = 30;

/** Until one of the minutes that the policy looks at was quiet, seconds at AWS's own pace. */
const QUIET = 130;

/** A PoP at one moment of a surge. */
export interface Moment {
  /** ms since 1970. */
  readonly at: number;
  readonly desired: number;
  readonly serving: number;
  /** Requests until then. */
  readonly asked: number;
  readonly failed: number;
}

export interface Surged {
  readonly region: string;
  readonly max: number;
  readonly errorBudget: number;
  readonly moments: readonly Moment[];
}

export const surge: Scenario = {
  name: "surge",
  title: "A surge makes a PoP's group grow by its policy, and costs no more requests than the objective allows",
  // Of every PoP, whatever it has of its own.
  prepare: (text) =>
    Object.entries(NODES).reduce(
      (edited, [key, value]) =>
        keysIn(text, ["pops"]).reduce(
          (all, pop) => withValue(all, ["pops", pop, "nodes", key], undefined),
          withValue(edited, ["defaults", "nodes", key], value),
        ),
      text,
    ),
  play: async (stage) => {
    const [region = ""] = [...stage.active].sort((a, b) => near(stage, b).length - near(stage, a).length);
    const { desired: before, max } = stage.group(region);
    const told: Asked[] = [];
    const moments: Moment[] = [];
    const watch = watchAll(stage, "/scenario/surge");
    const load = { over: false };
    const people = near(stage, region).flatMap((city) =>
      Array.from({ length: CONNECTIONS }, () => asks(stage, city, told, load)),
    );
    const look = () => {
      const { desired, nodes } = stage.group(region);
      const failed = told.filter(({ failure }) => failure !== null).length;
      const serving = nodes.filter(({ state }) => state === "InService").length;
      moments.push({ at: Date.now(), desired, serving, asked: told.length, failed });
      return serving;
    };
    try {
      const end = Date.now() + PATIENCE * 1000;
      look();
      for (let lookAgain = Date.now() + 60_000; stage.healthyNodes(region) <= before && Date.now() < end;) {
        await passed(1);
        if (Date.now() > lookAgain) {
          look();
          lookAgain += 60_000;
        }
      }
      await passed(AFTERWARDS);
      look();
    } finally {
      load.over = true;
      await Promise.all([watch.stop(), ...people]);
    }
    // While the last minutes are those of the surge the policy would make it grow again.
    await passed(QUIET / stage.pace);
    stage.group(region).resize(before);
    await stage.restore();
    const others = watch.records().flatMap(({ failed }) => failed);
    const outcome = judgeSurge({ region, max, errorBudget: stage.errorBudget, moments });
    return {
      ...outcome,
      notes: [
        ...outcome.notes,
        `beside it every city asked for a small page: ${others.length} of these requests failed`,
      ],
      broken: [
        ...outcome.broken,
        ...others.slice(0, 1).map(({ city, failure }) => `${city}: a request failed (${failure ?? ""})`),
      ],
    };
  },
};

function near({ cities, active }: Stage, region: string): readonly City[] {
  return cities.filter((city) => answer(city, active)?.pop === region);
}

/** Asks for large pages over one connection after the other. */
async function asks(stage: Stage, city: City, told: Asked[], load: { readonly over: boolean }): Promise<void> {
  const url = urlOf(stage, `${PAGES.large.prefix}page`);
  while (!load.over) {
    const requests = async function* () {
      for (let left = REQUESTS; left > 0 && !load.over; left--) {
        yield Promise.resolve({ url });
      }
    };
    told.push(...(await stage.visit(city, stage.host, requests())));
  }
}

/** Whether the group grew, what was new served, and enough requests were answered. */
export function judgeSurge({ region, max, errorBudget, moments }: Surged): Outcome {
  const [first] = moments;
  const last = moments.at(-1);
  const failed = last?.failed ?? 0;
  const asked = last?.asked ?? 0;
  const grew = moments.find(({ desired }) => desired > (first?.desired ?? Infinity));
  const served = moments.find(({ serving }) => serving > (first?.serving ?? Infinity));
  return {
    head: ["after", "nodes wanted", "in service", "requests", "failed"],
    rows: moments.map(({ at, ...moment }) => [
      shownSeconds(first?.at ?? 0, at),
      ...[moment.desired, moment.serving, moment.asked, moment.failed].map(String),
    ]),
    notes: [`${region}; promised: at most ${(errorBudget * 100).toFixed(2)} % of requests fail`],
    broken: [
      ...(asked > 0 ? [] : ["nobody asked"]),
      ...(grew === undefined ? [`the group of ${region} did not grow`] : []),
      ...(moments.some(({ desired }) => desired > max) ? [`the group grew beyond its ${max} nodes`] : []),
      ...(served === undefined ? ["no new node came into service"] : []),
      ...(failed <= asked * errorBudget ? [] : [`${failed} of ${asked} requests failed`]),
    ],
  };
}
