// Which region to add, which PoP to leave out, what a goal needs. Pure: the page in the browser may run it too.

import { answer, answers, type Latency, type Place, type Sample, latency, usersLatency } from "./answers";
import { type Bounds, TOLERANCE } from "./sensitivity";

/** The footprint with one more PoP, or with one less. */
export interface Change {
  readonly region: string;
  /** All users' latency then; null when nobody is answered. */
  readonly latency: Latency | null;
  /** What they gain by it, ms; negative where they lose. */
  readonly gain: Latency;
  /** Least and most of the gain on average, if the figures of that region are off by the tolerance. */
  readonly gainBounds: Bounds;
  /** Part of all users whom the PoP answers. */
  readonly share: number;
  /** The places with users that gain or lose most, at most three. */
  readonly places: readonly ChangedPlace[];
}

export interface ChangedPlace {
  readonly name: string;
  readonly country: string;
  readonly before: number;
  readonly after: number;
}

/** What each further region would gain, the most on average first. */
export function additions(
  places: readonly Place[],
  pops: readonly string[],
  regions: readonly string[],
): readonly Change[] {
  return regions
    .filter((region) => !pops.includes(region))
    .map((region) => change(places, pops, [...pops, region], region))
    .filter(({ latency: then }) => then !== null)
    .sort((a, b) => b.gain.mean - a.gain.mean || (a.region < b.region ? -1 : 1));
}

/** What leaving out each PoP would lose, the least on average first. */
export function removals(places: readonly Place[], pops: readonly string[]): readonly Change[] {
  return pops
    .map((region) =>
      change(
        places,
        pops,
        pops.filter((pop) => pop !== region),
        region,
      ),
    )
    .sort((a, b) => b.gain.mean - a.gain.mean || (a.region < b.region ? -1 : 1));
}

function change(places: readonly Place[], pops: readonly string[], then: readonly string[], region: string): Change {
  const [before, after] = [answers(places, pops), answers(places, then)];
  const now = usersLatency(places, before);
  const latencyThen = usersLatency(places, after);
  const gainOf = (of: keyof Latency): number => (now?.[of] ?? 0) - (latencyThen?.[of] ?? 0);
  const serving = pops.includes(region) ? before : after;
  const meanGain = (factor: number): number => {
    const scaled = places.map((place) => {
      const own = place.ms[region];
      return own === undefined ? place : { ...place, ms: { ...place.ms, [region]: own * factor } };
    });
    return mean(scaled, pops) - mean(scaled, then);
  };
  const [one, other] = [meanGain(1 - TOLERANCE), meanGain(1 + TOLERANCE)];
  return {
    region,
    latency: latencyThen,
    gain: { median: gainOf("median"), p95: gainOf("p95"), mean: gainOf("mean") },
    gainBounds: { least: Math.min(one, other), most: Math.max(one, other) },
    share: places.reduce((sum, { share }, index) => sum + (serving[index]?.pop === region ? share : 0), 0),
    places: places
      .flatMap(({ name, country, share }, index) => {
        const [was, is] = [before[index], after[index]];
        return share > 0 && was != null && is != null && was.ms !== is.ms
          ? [{ name, country, before: was.ms, after: is.ms }]
          : [];
      })
      .sort((a, b) => Math.abs(b.before - b.after) - Math.abs(a.before - a.after) || (a.name < b.name ? -1 : 1))
      .slice(0, 3),
  };
}

function mean(places: readonly Place[], pops: readonly string[]): number {
  return usersLatency(places, answers(places, pops))?.mean ?? 0;
}

/** What a goal needs beyond the PoPs that there are. */
export interface GoalAdvice {
  readonly goal: number;
  /** Places that must be answered within the goal. */
  readonly asked: number;
  /** Regions to add; empty when the PoPs that there are suffice. */
  readonly add: readonly string[];
  /** No smaller set does: proven by search. False: found step by step, and a smaller one may exist. */
  readonly exact: boolean;
  /** Places that no region of the table answers within the goal, with the best there is. */
  readonly unreachable: readonly {
    readonly name: string;
    readonly country: string;
    readonly region: string;
    readonly ms: number;
  }[];
  /** The asked places' latency with the additions. */
  readonly latency: Latency | null;
}

/** Steps of the search for the smallest set; enough for every goal over the shipped table. */
const SEARCH_STEPS = 200_000;

/**
 * The fewest regions to add so that each place asked for is answered within the goal (a set cover: exact where the search
 * ends within its steps, else step by step the region that covers most). Of equally small sets the one with the least
 * latency on average.
 *
 * @param goal round trip, ms
 */
export function reachGoal(
  places: readonly Place[],
  asked: readonly Place[],
  pops: readonly string[],
  regions: readonly string[],
  goal: number,
): GoalAdvice {
  const within = ({ ms }: Place, region: string): boolean => (ms[region] ?? Infinity) <= goal;
  const open = asked.filter((place) => !pops.some((pop) => within(place, pop)));
  const candidates = regions.filter((region) => !pops.includes(region));
  const reachable = open.filter((place) => candidates.some((region) => within(place, region)));
  const options = reachable.map((place) => candidates.filter((region) => within(place, region)));
  const { add, exact } = smallestCover(options, (set) => mean(places, [...pops, ...set]));
  const then = [...pops, ...add];
  return {
    goal,
    asked: asked.length,
    add,
    exact,
    unreachable: open
      .filter((place) => !reachable.includes(place))
      .flatMap((place) => {
        const best = answer(place, [...pops, ...candidates]);
        return best === null ? [] : [{ name: place.name, country: place.country, region: best.pop, ms: best.ms }];
      }),
    latency: latency(
      asked.flatMap((place): Sample[] => {
        const given = answer(place, then);
        // Places asked for by name count alike where the weights give none of them a user.
        return given === null ? [] : [{ ms: given.ms, share: asked.some(({ share }) => share > 0) ? place.share : 1 }];
      }),
    ),
  };
}

/** The fewest names such that each list of options has one of them; of these the set of the least `cost`. */
export function smallestCover(
  options: readonly (readonly string[])[],
  cost: (set: readonly string[]) => number,
): { readonly add: readonly string[]; readonly exact: boolean } {
  const greedy = stepByStep(options);
  let steps = 0;
  for (let size = 0; size <= greedy.length; size++) {
    const found = new Map<string, readonly string[]>();
    search([], size, found);
    if (found.size > 0) {
      const sets = [...found.values()].map((set) => ({ set, cost: cost(set) }));
      return { add: sets.reduce((best, next) => (next.cost < best.cost ? next : best)).set, exact: true };
    }
    if (steps > SEARCH_STEPS) {
      break;
    }
  }
  return { add: greedy, exact: false };

  // Each cover has one of the options of any list; the shortest list has the fewest branches.
  function search(chosen: readonly string[], left: number, found: Map<string, readonly string[]>): void {
    steps++;
    const open = options.filter((names) => !names.some((name) => chosen.includes(name)));
    const [first, ...others] = open;
    if (first === undefined) {
      const set = [...chosen].sort();
      found.set(set.join(), set);
    } else if (left > 0 && steps <= SEARCH_STEPS) {
      const shortest = others.reduce((least, next) => (next.length < least.length ? next : least), first);
      shortest.forEach((name) => {
        search([...chosen, name], left - 1, found);
      });
    }
  }
}

/** A cover, each step taking the name that is in most of the lists still open. */
function stepByStep(options: readonly (readonly string[])[]): readonly string[] {
  const chosen: string[] = [];
  for (let open = options; open.length > 0; open = open.filter((names) => !names.includes(chosen.at(-1) ?? ""))) {
    const counts = new Map<string, number>();
    open.flat().forEach((name) => counts.set(name, (counts.get(name) ?? 0) + 1));
    const [[most] = [""]] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    chosen.push(most);
  }
  return chosen.sort();
}
