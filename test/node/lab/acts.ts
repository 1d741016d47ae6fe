import type { Lab } from "../../../infra/lab/lab";
import { drainByFile } from "../../../infra/lab/scenarios/configured";
import { addRegion } from "../../../infra/lab/scenarios/grow";
import { badImage, newImage } from "../../../infra/lab/scenarios/image";
import { atHome, drain, losePop } from "../../../infra/lab/scenarios/moving";
import { origin } from "../../../infra/lab/scenarios/origin";
import type { Outcome, Scenario, Stage } from "../../../infra/lab/scenarios/stage";
import { stageOf } from "../../../infra/lab/scenarios/stageOf";
import { surge } from "../../../infra/lab/scenarios/surge";
import { loseZone } from "../../../infra/lab/scenarios/zone";

/** Three PoPs, each with the cities that are nearest to it. */
export const POPS = { asia: "ap-southeast-2", europe: "eu-central-1", america: "us-east-1" } as const;

/** The PoP whose nodes are one cache, which is the shield of a site. */
export const ONE_CACHE = POPS.europe;
export const SHIELDED_HOST = "yard.example.com";

/** A scenario on one PoP, and those that must have ended before it begins. */
interface Act {
  readonly scenario: Scenario;
  readonly pop: string;
  readonly after: readonly Scenario[];
  /** What it asks for; default: the first site. */
  readonly host?: string;
  /** A PoP whose cities have been sent here by one of those: they come back with DNS, a minute after it has ended. */
  readonly guestsOf?: string;
}

/**
 * Played at once, as far as none is to notice another. One PoP has one at a time, but for that of the origin, which is another
 * site's. Who is sent away from Europe goes to America or, from Dubai, to Asia, so that these lose nothing meanwhile; and Asia's
 * go to both others, so that America loses no zone before they are back in order. What is drained by its switch is the shield of
 * what is asked for: all other PoPs have to do without it.
 */
const ACTS: readonly Act[] = [
  { scenario: origin, pop: POPS.europe, after: [] },
  { scenario: drain, pop: POPS.europe, after: [], host: SHIELDED_HOST },
  { scenario: drainByFile, pop: POPS.europe, after: [drain] },
  { scenario: newImage, pop: POPS.europe, after: [origin, drainByFile] },
  { scenario: surge, pop: POPS.america, after: [] },
  { scenario: badImage, pop: POPS.america, after: [surge] },
  { scenario: addRegion, pop: POPS.asia, after: [] },
  { scenario: losePop, pop: POPS.asia, after: [addRegion, drainByFile], guestsOf: POPS.europe },
  { scenario: loseZone, pop: POPS.america, after: [badImage, losePop] },
];

export const PLAYED_AT_ONCE: readonly Scenario[] = ACTS.map(({ scenario }) => scenario);

/** @returns what comes of each, by its name */
export function playedAtOnce(lab: Lab): ReadonlyMap<string, Promise<Outcome>> {
  // What is declared changes while they are played; where each begins does not.
  const stages = new Map(Object.values(POPS).map((pop) => [pop as string, stageOf(lab, [pop])]));
  const stageAt = (pop: string): Stage => {
    const stage = stages.get(pop);
    if (stage === undefined) {
      throw new Error(`${pop} has no stage`);
    }
    return stage;
  };
  const outcomes = new Map<string, Promise<Outcome>>();
  for (const { scenario, pop, after, host, guestsOf } of ACTS) {
    const isLast = ACTS.findLast((act) => act.pop === pop)?.scenario === scenario;
    const outcome = Promise.all(after.flatMap(({ name }) => outcomes.get(name) ?? []))
      .then(() => (guestsOf === undefined ? undefined : atHome(stageAt(guestsOf))))
      .then(() => played(scenario, stageAt(pop), host, isLast));
    // Whoever asks for it is told, and until then nobody.
    outcome.catch(() => undefined);
    outcomes.set(scenario.name, outcome);
  }
  return outcomes;
}

/** @param isLast nobody waits until its PoP is whole again: whoever comes next does */
async function played(scenario: Scenario, stage: Stage, host: string | undefined, isLast: boolean): Promise<Outcome> {
  await atHome(stage);
  const restore = isLast ? () => Promise.resolve() : stage.restore;
  return scenario.play({ ...stage, restore, host: host ?? stage.host });
}
