import { z } from "zod";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { nodeReportSchema, type NodeReport } from "../../components/node/protocol/nodeReport";
import { region as regionOf } from "../config/regions";
import type { LiveNode, LiveOrigin, LivePop, LiveState, NodeCondition, PopCondition } from "../page/live/state";
import type { Entity } from "../sandbox/aws/world";
import { jsonOf } from "../terminal/jsonOf";
import { labActions } from "./actions";
import { TYPES } from "./declared";
import type { Lab } from "./lab";
import type { OriginState } from "./origin";
import { ratesOf } from "./rates";
import type { Instance, ScalingGroup } from "./scalingGroup";

const NOTES = [
  "AWS is a stand-in: its regions, load balancers, groups and stores are programs of this machine; nodes are real.",
  "All regions are on this machine, and share its processors.",
  "Cities are clients of this machine that ask every few seconds; their distance is the plan's figure, in both directions, and neither bandwidth nor loss.",
];

const ORIGIN: Readonly<Record<OriginState, LiveOrigin["state"]>> = {
  up: "up",
  slow: "slow",
  broken: "down",
  down: "down",
};

/** What is read of a pointer. */
const pointerSchema = z.object({ body: z.string() });
const bodySchema = z.object({ bundle: z.object({ sha256: z.string() }) });

/** The lab as the live page shows it. */
export function liveState(lab: Lab): LiveState {
  return {
    footprint: lab.options.stack,
    at: new Date().toISOString(),
    pops: lab.aws.world
      .ofType(TYPES.group)
      .map((entity) => livePop(lab, entity))
      .sort((a, b) => (a.region < b.region ? -1 : 1)),
    cities: lab.internet.liveCities,
    links: lab.internet.liveLinks,
    origin: { name: lab.origin.name, state: ORIGIN[lab.origin.state] },
    // The page says by itself how the origin is.
    attention: [],
    events: lab.happenings.events,
    actions: labActions(lab),
    notes: NOTES,
  };
}

function livePop(lab: Lab, entity: Entity): LivePop {
  const code = entity.region ?? "";
  const { place, lat, lon } = regionOf(code);
  const group = lab.aws.groups.get(entity.id);
  const store = lab.storeOf(code);
  const isRouted = lab.aws.world.ofType(TYPES.record).some(({ properties }) => properties.setIdentifier === code);
  const switched = lab.cloud.object(store, STORE_KEYS.drain) !== undefined;
  const healthy = group?.healthy.length ?? 0;
  const passes = lab.internet.route53.isHealthy(code);
  const enough = healthy >= (group?.settings.min ?? 0);
  const condition = (): PopCondition => {
    if (switched) {
      return "drained";
    }
    if (isRouted) {
      return healthy > 0 && passes ? "active" : "unhealthy";
    }
    // A group that is to have no nodes goes with its PoP.
    return group?.desired === 0 || (enough && lab.popStates[code] === "drained") ? "drained" : "warming";
  };
  const reports = reportsOf(lab, store);
  return {
    ...{ region: code, place, lat, lon },
    state: condition(),
    attention: [
      ...(switched ? ["its drain switch is thrown"] : []),
      ...(passes ? [] : ["Route 53's health check fails: clients are sent elsewhere"]),
      ...(isRouted && !enough
        ? [`${String(healthy)} of at least ${String(group?.settings.min ?? 0)} nodes are healthy in the load balancer`]
        : []),
    ],
    desired: group?.desired ?? null,
    nodes: (group?.instances ?? [])
      .map((instance) => liveNode(instance, group, reports.get(instance.id)))
      .sort((a, b) => ((a.zone ?? "") + a.id < (b.zone ?? "") + b.id ? -1 : 1)),
    ...ratesOf(lab.cloud.metrics, lab.options.stack, code, Date.now()),
    wanted: wantedOf(lab.cloud.object(store, STORE_KEYS.pointer)),
  };
}

function liveNode(instance: Instance, group: ScalingGroup | undefined, report: NodeReport | undefined): LiveNode {
  const caughtUp = report?.purge.caughtUpAt;
  return {
    id: instance.id,
    zone: instance.zone,
    state: conditionOf(instance, group),
    generation: report?.configuration.generation ?? null,
    purgeLag: caughtUp === undefined || caughtUp === null ? null : (Date.now() - Date.parse(caughtUp)) / 1000,
  };
}

function conditionOf(instance: Instance, group: ScalingGroup | undefined): NodeCondition {
  switch (instance.state) {
    case "Pending:Wait":
      return "starting";
    case "InService":
      return group?.isSick(instance) === true
        ? "sick"
        : group?.healthy.includes(instance) === true
          ? "serving"
          : "starting";
    default:
      return "leaving";
  }
}

function reportsOf(lab: Lab, store: string): ReadonlyMap<string, NodeReport> {
  const objects = [...(lab.cloud.buckets.get(store) ?? [])].filter(([key]) => key.startsWith(STORE_KEYS.nodes));
  return new Map(
    objects.flatMap(([, content]) => {
      const { data } = nodeReportSchema.safeParse(jsonOf(content.toString()));
      return data === undefined ? [] : [[data.instance, data]];
    }),
  );
}

/** The bundle that a pointer names. Whether it is signed the nodes look at. */
function wantedOf(pointer: string | undefined): string | null {
  const sealed = pointerSchema.safeParse(jsonOf(pointer ?? ""));
  const body = bodySchema.safeParse(jsonOf(sealed.data?.body ?? ""));
  return body.data?.bundle.sha256 ?? null;
}
