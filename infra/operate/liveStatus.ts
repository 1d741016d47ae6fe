import { region as regionOf, REGIONS } from "../config/regions";
import { compare } from "../config/problems";
import type { LiveCity, LiveNode, LivePop, NodeCondition, PopCondition } from "../page/live/state";
import type { Look } from "../page/live/timeline";
import type { NodeStatus, PopStatus } from "./popStatus";
import { notDeployedText } from "./pops";
import type { Status } from "./status";

/**
 * A status as the live page shows it.
 *
 * @param citiesOf who answers which city while these PoPs take users
 */
export function liveStatus(
  { stack, pops: found, notDeployed, alarms }: Status,
  at: Date,
  citiesOf: (pops: readonly string[]) => readonly LiveCity[],
  notes: readonly string[],
): Look {
  const pops = found.map(livePop);
  return {
    footprint: stack,
    at: at.toISOString(),
    pops,
    cities: citiesOf(pops.filter(({ state }) => state === "active").map(({ region }) => region)),
    links: [],
    // Status looks at neither.
    origin: null,
    attention: [...alarms, ...(notDeployed.length === 0 ? [] : [notDeployedText(notDeployed)])],
    actions: [],
    notes,
  };
}

function livePop(pop: Status["pops"][number]): LivePop {
  const { region, attention, group, configuration } = pop;
  const { place, lat, lon } = REGIONS.has(region) ? regionOf(region) : { place: "", lat: 0, lon: 0 };
  return {
    ...{ region, place, lat, lon, attention },
    state: popCondition(pop),
    desired: group?.desired ?? null,
    nodes: pop.nodes.map(liveNode).sort((a, b) => compare(`${a.zone ?? ""} ${a.id}`, `${b.zone ?? ""} ${b.id}`)),
    // Nodes do not report these.
    ...{ hitRatio: null, requests: null },
    wanted: configuration?.wanted ?? null,
  };
}

/** Whether it takes users, as far as its store and its group tell: nobody here asks Route 53 or the load balancer. */
function popCondition({ state, drained, nodes, unreadable }: PopStatus): PopCondition {
  const conditions = nodes.map(nodeCondition);
  if (drained !== null) {
    return "drained";
  }
  if (unreadable.some(({ part }) => part === "drain switch" || part === "node reports")) {
    return "unknown";
  }
  if (state === "drained") {
    return "drained";
  }
  if (nodes.some((node, index) => conditions[index] === "serving" && node.health?.pop === "ok")) {
    return "active";
  }
  return conditions.includes("starting") && !conditions.includes("serving") ? "warming" : "unhealthy";
}

function liveNode(node: NodeStatus): LiveNode {
  return {
    id: node.instance,
    zone: node.zone,
    state: nodeCondition(node),
    generation: node.configuration?.generation ?? null,
    purgeLag: node.purge?.lag ?? null,
  };
}

function nodeCondition({ lifecycle, reports, health, state }: NodeStatus): NodeCondition {
  // States of an instance in a group: Auto Scaling User Guide, "Amazon EC2 Auto Scaling instance lifecycle".
  if (lifecycle !== null && lifecycle !== "InService") {
    return /^(?:Pending|Warmed)/.test(lifecycle) ? "starting" : "leaving";
  }
  if (!reports) {
    return "silent";
  }
  if (state === "draining") {
    return "leaving";
  }
  return state === "starting" ? "starting" : health?.node === "ok" ? "serving" : "sick";
}
