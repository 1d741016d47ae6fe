import { NODE_ROOT_VOLUME_GB } from "../../components/cacheFleet/template";
import { TIMING } from "../../components/node/timing";
import { popName } from "../../components/popRouting";
import { placeholders } from "../config/complete";
import { loadConfig } from "../config/load";
import type { FootprintConfig, PopConfig } from "../config/model";
import { compare } from "../config/problems";
import { region } from "../config/regions";
import program from "../index";
import { pairLosses, popCapacity, popLosses, type PopLoss } from "./capacity";
import { globalCost, popCost, sum, type AlarmsBilled } from "./cost";
import { record, type Registration } from "./harness";
import { usersOf } from "./latency/files";
import { popUsersSummaries, type PopUsersSummary, usersSummary } from "./latency/summary";
import type { Users } from "./latency/weights";
import { showGbps } from "./latency/words";
import type { Plan, PlannedResource, PopSummary, RoutingSummary } from "./model";
import { type PriceBook, SHIPPED_PRICES } from "./prices";
import { accountQuotas, popQuotas, zoneQuotas } from "./quotas";
import { timing } from "./timing";
import { paidByNat, trafficCost, trafficGiven, trafficSummary } from "./traffic";
import { masked, type JsonValue } from "./wire";

/** Whose latency is counted, and from where. */
export interface Perspective {
  /** Unset: the shipped figures and weights. */
  readonly users?: Users;
  /** Region in which the origin is taken to be. Unset: the stack's `aws:region`. */
  readonly origin?: string;
  /** Unset: the checked-in table. */
  readonly prices?: PriceBook;
  /** Gigabytes that the footprint sends to clients in a month. Unset: what the peaks say. */
  readonly traffic?: number;
}

/**
 * The plan of a stack: runs the very program that a deployment runs, and sums up what it registers.
 *
 * @param values the stack's configuration, as the engine hands it over
 * @throws ConfigError listing every mistake, before the program has run
 */
export async function buildPlan(
  stack: string,
  values: Readonly<Record<string, string>>,
  { users = usersOf({}), origin, prices = SHIPPED_PRICES, traffic }: Perspective = {},
): Promise<Plan> {
  const config = loadConfig(stack, values);
  const { registrations } = await record(program, { stack, config: values });
  const resources = planned(registrations);

  const losses = new Map(popLosses(config, users.places).map((loss) => [loss.region, loss]));
  const near = popUsersSummaries(config, users);
  const sent = trafficGiven(config, traffic, new Map([...near].map(([code, { share }]) => [code, share])));
  const pops = Object.fromEntries(
    config.pops.map((pop): [string, PopSummary] => [
      pop.region,
      summary(
        pop,
        config,
        losses.get(pop.region),
        near.get(pop.region),
        resources.filter((each) => each.pop === pop.region),
        prices,
        sent?.byRegion.get(pop.region),
      ),
    ]),
  );
  const footprintCost = globalCost(config, prices);
  const cost = sum([footprintCost, ...Object.values(pops).map((pop) => pop.cost)]);
  return {
    stack,
    notes: notes(config, pops),
    pops,
    routing: routing(config),
    users: usersSummary(config, users, origin ?? config.homeRegion),
    pairLosses: pairLosses(config, users.places),
    cost: { footprint: footprintCost, ...cost },
    traffic: sent === null ? null : trafficSummary(sent, config.pops, cost, prices),
    quotas: accountQuotas(config),
    zoneQuotas: Object.fromEntries(config.zones.map((zone) => [zone.name, zoneQuotas(zone, config)])),
    resources,
  };
}

/** Puts the registrations into a stable order and hides what is secret. */
function planned(registrations: readonly Registration[]): PlannedResource[] {
  const byUrn = new Map(registrations.map((each) => [each.urn, each]));
  return [...registrations]
    .sort((a, b) => compare(a.urn, b.urn))
    .map(({ type, name, urn, parent, custom, inputs, options, dependencies }) => ({
      type,
      name,
      urn,
      parent,
      pop: popOf(urn, byUrn),
      component: !custom,
      inputs: masked(inputs) as Record<string, JsonValue>,
      options,
      dependencies,
    }));
}

/** The region of the nearest component that names one: a PoP, or a PoP's part of the routing. */
function popOf(urn: string | null, byUrn: ReadonlyMap<string, Registration>): string | null {
  const each = urn === null ? undefined : byUrn.get(urn);
  if (each === undefined) {
    return null;
  }
  return !each.custom && typeof each.inputs.region === "string" ? each.inputs.region : popOf(each.parent, byUrn);
}

function summary(
  pop: PopConfig,
  config: FootprintConfig,
  loss: PopLoss | undefined,
  users: PopUsersSummary | undefined,
  resources: readonly PlannedResource[],
  prices: PriceBook,
  sent: number | undefined,
): PopSummary {
  const count = (type: string, of = resources) => of.filter((each) => each.type === type).length;
  // Rules towards another group belong to that group's load balancer or nodes, whichever; the others are what counts.
  const open = resources.filter((each) => each.inputs.referencedSecurityGroupId === undefined);
  const basis = {
    rootVolume: NODE_ROOT_VOLUME_GB,
    metrics: config.metrics,
    alarms: alarmsBilled(resources),
    ownKey: config.volumeKey !== undefined,
    prices,
    rulesPerSecurityGroup: Math.max(
      count("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", open),
      count("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", open),
    ),
  };
  const { state, cidr, egress, crossZone, image } = pop;
  const { min, max, types, spotShare } = pop.nodes;
  return {
    place: region(pop.region).place,
    state,
    cidr,
    zones: pop.zones.map((zone) => zone.id),
    egress,
    crossZone,
    image,
    nodes: { min, max, types, spotShare },
    resources: resources.filter((each) => !each.component).length,
    capacity: popCapacity(pop),
    ...(users === undefined ? {} : { users }),
    ...(loss === undefined ? {} : { loss }),
    cost: popCost(pop, config.healthCheck, basis),
    ...(sent === undefined
      ? {}
      : {
          traffic: {
            gb: Math.round(sent),
            cost: trafficCost(pop, sent, prices),
            paidByNat: paidByNat(pop, prices),
          },
        }),
    quotas: popQuotas(pop, config, basis),
  };
}

/** An alarm on an expression is billed by the metrics in it (Amazon CloudWatch pricing, "Alarms"). */
function alarmsBilled(resources: readonly PlannedResource[]): AlarmsBilled {
  const of = (type: string) => resources.filter((each) => each.type === type);
  const queries = of("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs.metricQueries ?? []);
  return {
    metrics: queries.reduce<number>((sum, each) => {
      const metrics = (each as readonly { readonly metric?: unknown }[]).filter(({ metric }) => metric !== undefined);
      return sum + Math.max(1, metrics.length);
    }, 0),
    composites: of("aws:cloudwatch/compositeAlarm:CompositeAlarm").length,
  };
}

function routing(config: FootprintConfig): RoutingSummary {
  const active = config.pops.filter((pop) => pop.state === "active").map((pop) => pop.region);
  return {
    hosts: Object.fromEntries(config.sites.map(({ host, dns }) => [host, dns === "now" ? active : []])),
    popNames: Object.fromEntries(config.pops.map((pop) => [pop.region, popName(pop.region, config.popDomain)])),
    healthCheck: config.healthCheck,
    timing: timing(config.healthCheck, TIMING),
  };
}

/** What a deployment would refuse, and what breaks a promise. */
function notes(config: FootprintConfig, pops: Readonly<Record<string, PopSummary>>): string[] {
  const short = Object.entries(pops).filter(([, pop]) => pop.capacity.carriesPeak === false);
  return [
    ...placeholders(config).map(({ problem, command }) => `${problem}, so a deployment to AWS is refused: ${command}`),
    ...timing(config.healthCheck, TIMING).broken,
    ...config.sites
      .filter(({ dns }) => dns === "later")
      .map(({ host }) => `${host}: its records are left alone until \`footprint cutover --host ${host}\` (dns: later)`),
    ...short.map(([name]) => `${name}: the minimum size does not carry the peak after the loss of a zone`),
    ...Object.entries(pops).flatMap(([name, pop]) => userNotes(name, pop)),
  ];
}

function userNotes(name: string, { users, loss }: PopSummary): string[] {
  if (users === undefined || loss === undefined) {
    return [];
  }
  const over = loss.takers.filter(({ withinMax }) => !withinMax).map(({ region }) => region);
  return [
    ...(users.share === null
      ? [`${name}: the latency table has no figure of it, so nobody is counted to it: --latency FILE takes yours`]
      : users.share === 0
        ? [`${name}: no user is nearest to it by the latency table and the weights`]
        : []),
    ...(over.length > 0 ? [`${name}: if it is lost, ${over.join(", ")} cannot carry its load at maximum size`] : []),
    ...(loss.unplaced > 0
      ? [`${name}: if it is lost, nothing says who carries ${showGbps(loss.unplaced)} Gbit/s of its load`]
      : []),
  ];
}
