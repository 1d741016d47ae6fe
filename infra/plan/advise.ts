import { NODE_ROOT_VOLUME_GB } from "../../components/cacheFleet/template";
import { loadConfig } from "../config/load";
import type { FootprintConfig, PopConfig } from "../config/model";
import { compare, ConfigError, didYouMean } from "../config/problems";
import { region, REGIONS } from "../config/regions";
import { PLACEHOLDER_IMAGE } from "../config/schema";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { buildPlan } from "./build";
import { alarmsIn, type CostEstimate, popCost } from "./cost";
import { additions, type Change, type GoalAdvice, reachGoal, removals } from "./latency/advice";
import type { Place } from "./latency/answers";
import { type Shield, shields } from "./latency/shield";
import type { UsersSummary } from "./latency/summary";
import { type LatencyTable, measuredRegions } from "./latency/table";
import type { Users } from "./latency/weights";
import type { Plan } from "./model";
import { type PriceBook, SHIPPED_PRICES } from "./prices";

/** What `footprint advise --json` prints. */
export interface Advice {
  readonly stack: string;
  readonly pops: readonly string[];
  readonly users: UsersSummary;
  /** Regions to add, the most latency gained on average first. */
  readonly add: readonly PricedChange[];
  /** Another region may be the best to add if figures are off by the tolerance: those whose most is above its least. */
  readonly contested: readonly string[];
  /** PoPs to leave out, the least latency lost on average first. */
  readonly leaveOut: readonly (PricedChange & {
    /** Whether the others carry its load at maximum size; null where that is not known. */
    readonly carried: boolean | null;
  })[];
  readonly shields: readonly (Shield & {
    readonly isPop: boolean;
    /** What a gigabyte that another PoP fetches from it costs at most: as much as to the Internet. Null without a price. */
    readonly gb: number | null;
    /** At most, of a tenth of what the other PoPs send in a month. Null without a price, and where no PoP says its peak. */
    readonly monthlyOfATenth: number | null;
  })[];
  readonly goal: GoalAdvice | null;
  /** Regions of which the table has no figure, so nothing is said of them. */
  readonly withoutFigures: readonly string[];
}

export interface PricedChange extends Change {
  readonly place: string;
  /** The account must enable the region first. */
  readonly optIn: boolean;
  /** What the PoP costs a month at least; null where the stack file's settings make no PoP there. */
  readonly monthly: Pick<CostEstimate, "total" | "partial" | "missing"> | null;
  /** Latency gained on average for 100 dollars a month, ms; null where the nodes have no price. */
  readonly msPer100Dollars: number | null;
}

export interface AdviceOptions {
  readonly users: Users;
  readonly table: LatencyTable;
  /** Unset: the checked-in table. */
  readonly prices?: PriceBook;
  readonly origin?: string;
  /** Round trip within which places are to be answered, ms. */
  readonly goal?: number;
  /** Cities or ISO 3166 codes of countries. Unset: all places that have users. */
  readonly places?: readonly string[];
}

/**
 * What a stack's users would gain by another PoP, lose without one, and what a goal needs.
 *
 * @throws ConfigError for a stack file with mistakes, UserError for places that the table does not have
 */
export async function advise(
  stack: string,
  values: Readonly<Record<string, string>>,
  options: AdviceOptions,
): Promise<Advice> {
  const { users, table, goal, prices = SHIPPED_PRICES } = options;
  const asked = goal === undefined ? [] : askedPlaces(users.places, options.places);
  const config = loadConfig(stack, values);
  const origin = options.origin ?? config.homeRegion;
  const plan = await buildPlan(stack, values, { users, origin, prices });
  const pops = config.pops.filter(({ state }) => state === "active").map((pop) => pop.region);
  const regions = measuredRegions(table);
  const add = additions(users.places, pops, regions).map((each) =>
    priced(each, plan.pops[each.region]?.cost ?? candidateCost(each.region, stack, values, plan, prices)),
  );
  const [best, ...others] = add;
  const isPop = new Set(pops);
  return {
    stack,
    pops,
    users: plan.users,
    add,
    contested: others
      .filter(({ gainBounds }) => best !== undefined && gainBounds.most > best.gainBounds.least)
      .map((each) => each.region),
    leaveOut: (pops.length < 2 ? [] : removals(users.places, pops)).map((each) => ({
      ...priced(each, plan.pops[each.region]?.cost ?? null),
      carried: plan.pops[each.region]?.loss?.withinMax ?? null,
    })),
    shields: shields(table, shares(plan), origin, regions).map((each) => {
      // Between two regions AWS takes no more for a gigabyte than to the Internet, of which the first ones cost the most.
      const gb = prices.internet(each.region)?.tiers[0]?.[1] ?? null;
      const fetched = plan.traffic === null ? null : sentByOthers(plan, each.region) / 10;
      const monthlyOfATenth = gb === null || fetched === null ? null : gb * fetched;
      return { ...each, isPop: isPop.has(each.region), gb, monthlyOfATenth };
    }),
    goal: goal === undefined ? null : reachGoal(users.places, asked, pops, regions, goal),
    withoutFigures: [...REGIONS.keys()].filter((code) => !regions.includes(code)).sort(compare),
  };
}

/** Gigabytes a month. */
function sentByOthers(plan: Plan, shield: string): number {
  return Object.entries(plan.pops).reduce(
    (sum, [name, { traffic }]) => sum + (name === shield ? 0 : (traffic?.gb ?? 0)),
    0,
  );
}

function priced(change: Change, cost: CostEstimate | null): PricedChange {
  const { place, optIn } = region(change.region);
  const nodesPriced = cost !== null && !cost.missing.some((item) => item.endsWith("on demand"));
  return {
    ...change,
    place,
    optIn,
    monthly: cost === null ? null : { total: cost.total, partial: cost.partial, missing: cost.missing },
    msPer100Dollars: nodesPriced && cost.total > 0 ? (change.gain.mean * 100) / cost.total : null,
  };
}

/** What a PoP with the stack's defaults would cost in a region that has none; null where those make no PoP there. */
function candidateCost(
  code: string,
  stack: string,
  values: Readonly<Record<string, string>>,
  plan: Plan,
  prices: PriceBook,
): CostEstimate | null {
  const found = candidate(code, stack, values);
  if (found === undefined) {
    return null;
  }
  const { metrics } = found.config;
  const billed = Object.values(plan.pops).map(({ cost }) => alarmsIn(cost));
  const alarms = {
    metrics: Math.max(0, ...billed.map((each) => each.metrics)),
    composites: Math.max(0, ...billed.map((each) => each.composites)),
  };
  const ownKey = found.config.volumeKey !== undefined;
  const basis = { rootVolume: NODE_ROOT_VOLUME_GB, metrics, alarms, ownKey, prices };
  return popCost(found.pop, found.config.healthCheck, basis);
}

function candidate(
  code: string,
  stack: string,
  values: Readonly<Record<string, string>>,
): { readonly pop: PopConfig; readonly config: FootprintConfig } | undefined {
  const parsed = (key: string): Record<string, unknown> =>
    JSON.parse(values[`footprint:${key}`] ?? "{}") as Record<string, unknown>;
  const acknowledge = parsed("acknowledge");
  const enabled = Array.isArray(acknowledge.optInRegions) ? (acknowledge.optInRegions as unknown[]) : [];
  const optIn = region(code).optIn && !enabled.includes(code) ? [...enabled, code] : enabled;
  try {
    const config = loadConfig(stack, {
      ...values,
      "footprint:pops": JSON.stringify({ ...parsed("pops"), [code]: {} }),
      "footprint:image": JSON.stringify({ ...parsed("image"), [code]: PLACEHOLDER_IMAGE }),
      "footprint:acknowledge": JSON.stringify({ ...acknowledge, optInRegions: optIn }),
    });
    const pop = config.pops.find((each) => each.region === code);
    return pop === undefined ? undefined : { pop, config };
  } catch (error) {
    // The defaults fit the stack's own regions; here one of them does not, for instance an instance type.
    if (error instanceof ConfigError) {
      return undefined;
    }
    throw error;
  }
}

/** Share of users by PoP that has figures. */
function shares(plan: Plan): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(plan.pops).flatMap(([code, { users }]) =>
      users?.share == null || users.share === 0 ? [] : [[code, users.share]],
    ),
  );
}

function askedPlaces(places: readonly Place[], names: readonly string[] | undefined): readonly Place[] {
  if (names === undefined) {
    return places.filter(({ share }) => share > 0);
  }
  const known = [...new Set(places.flatMap(({ name, country }) => [name, country]))];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UserError(
      unknown
        .map(
          (name) =>
            `--places: must be cities of the latency table or ISO 3166 codes of their countries, got "${name}"${didYouMean(name, known)}`,
        )
        .join("\n"),
      exitCodes.usage,
    );
  }
  return places.filter(({ name, country }) => names.includes(name) || names.includes(country));
}
