import { REPORT_EXPIRES } from "../../components/node/protocol/nodeReport";
import { AGENT_TIMING } from "../../components/node/timing";
import { short } from "../page/words";
import type { NodeStatus, PopStatus } from "./popStatus";
import type { Refresh } from "./look";
import { plain } from "../terminal/plain";
import { switchText } from "./survey";

/** Seconds without a look at the purge log that are no passing trouble any more. */
const PURGE_LAG_TOLERATED = 60;

/** Seconds in which all nodes should have adopted a bundle: the window, what each then takes, and its report. */
const ADOPTION_TOLERATED =
  AGENT_TIMING.pointerPoll + AGENT_TIMING.adoptionWindow + AGENT_TIMING.selfTestPatience + 2 * AGENT_TIMING.report;

/** What somebody should look at in a PoP, each with what to do; empty when all is well. */
export function attention(pop: PopStatus): readonly string[] {
  const inService = pop.nodes.filter(({ lifecycle }) => lifecycle === null || lifecycle === "InService");
  return [
    ...unreadable(pop),
    ...(pop.state === "unlisted"
      ? ["is deployed, and no longer in the stack file: the next `pulumi up` removes it"]
      : []),
    ...(pop.drained === null ? [] : [`${switchText(pop.drained)}; \`footprint undrain\` ends it`]),
    ...group(pop),
    ...inService.flatMap((node) => trouble(node, pop).map((what) => `${node.instance} ${what}`)),
    ...configuration(pop, inService),
  ];
}

/** One line a reason: when a store is away, all that is in it is. */
function unreadable({ unreadable: all }: PopStatus): readonly string[] {
  return [...new Set(all.map(({ reason }) => reason))].map((reason) => {
    const parts = all.filter((each) => each.reason === reason).map(({ part }) => part);
    return `cannot be read: ${parts.join(", ")} (${reason})`;
  });
}

function group({ group: found }: PopStatus): readonly string[] {
  if (found === null) {
    return [];
  }
  const { inService, min, refresh } = found;
  return [
    ...(inService < min
      ? [
          `only ${String(inService)} nodes are in service, ${String(min)} are the minimum: does the group launch nodes, and do they come up? (runbook, "A bad image or bootstrap")`,
        ]
      : []),
    ...(refresh === null ? [] : refreshTrouble(refresh)),
  ];
}

const ROLLED_BACK =
  "to what the group had when it began, which after `pulumi up` is the new version: put the former image back in the stack file and `pulumi up`";

/** What to do about an instance refresh that did not end well. */
export function refreshTrouble({ id, status, reason }: Refresh): string[] {
  const why = reason === "" ? "" : ` (${plain(reason)})`;
  switch (status) {
    case "RollbackSuccessful":
      return [`the last instance refresh, ${id}, was rolled back${why}, ${ROLLED_BACK}`];
    case "RollbackInProgress":
      return [`the instance refresh ${id} is being rolled back${why}, ${ROLLED_BACK}`];
    case "Failed":
    case "RollbackFailed":
    case "Cancelled":
      return [
        `the last instance refresh, ${id}, ended as ${status}${why}: old and new nodes are mixed, and the group launches new ones; put the former image back in the stack file and \`pulumi up\` (runbook, "A bad image or bootstrap")`,
      ];
    default:
      return [];
  }
}

function trouble(
  { reports, health, configuration, purge, logs, metrics, secretsUpToDate }: NodeStatus,
  pop: PopStatus,
): readonly string[] {
  if (!reports) {
    return [`has not reported for ${String(REPORT_EXPIRES)} s: its agent or its way to the store is broken`];
  }
  return [
    ...(health === null || health.node === "ok" ? [] : [`is unhealthy: ${plain(health.node)}`]),
    // The switch itself is said once, not once a node.
    ...(health === null || health.pop === "ok" || pop.drained !== null
      ? []
      : [`says that its PoP is unhealthy: ${plain(health.pop)}`]),
    ...(purge?.lag === null ? ["has not read the purge log yet"] : []),
    ...((purge?.lag ?? 0) > PURGE_LAG_TOLERATED
      ? [`has not been able to read the purge log for ${String(Math.round(purge?.lag ?? 0))} s`]
      : []),
    ...((purge?.refused ?? 0) > 0
      ? [
          `has refused ${String(purge?.refused)} purges that were not signed with the purge key: who can write to the store?`,
        ]
      : []),
    ...(configuration?.refused === undefined ? [] : [`does not follow the store: ${plain(configuration.refused)}`]),
    ...failures(configuration),
    ...logTrouble(logs),
    ...metricsTrouble(metrics),
    ...(secretsUpToDate === false ? ["does not know the secrets yet that the pointer names"] : []),
  ];
}

/** A node that nobody asks has nothing to send. */
function logTrouble(logs: NodeStatus["logs"]): readonly string[] {
  return [
    ...(logs?.failing === undefined ? [] : [`cannot send its access log, and tries it again: ${plain(logs.failing)}`]),
    ...(logs !== null && logs.lost > 0
      ? [`has lost ${String(logs.lost)} bytes of its access log, which the log bucket has not taken in time`]
      : []),
  ];
}

function metricsTrouble(metrics: NodeStatus["metrics"]): readonly string[] {
  return [
    ...(metrics?.failing === undefined
      ? []
      : [`does not publish all of its metrics, and tries it again: ${plain(metrics.failing)}`]),
    ...(metrics !== null && metrics.lost > 0
      ? [`has lost ${String(metrics.lost)} minutes of its metrics, which CloudWatch has not taken in time`]
      : []),
  ];
}

function failures(configuration: NodeStatus["configuration"]): readonly string[] {
  const failing = configuration?.failing ?? null;
  return failing === null
    ? []
    : [
        `could not adopt configuration ${short(failing.sha256)}, ${String(failing.times)} times so far, and tries it again: ${plain(failing.reason)}`,
      ];
}

function configuration({ configuration: wanted }: PopStatus, nodes: readonly NodeStatus[]): readonly string[] {
  if (wanted === null) {
    return [];
  }
  const refused = nodes.flatMap(({ instance, configuration }) =>
    configuration?.rejected?.sha256 === wanted.wanted ? [{ instance, ...configuration.rejected }] : [],
  );
  if (refused.length > 0) {
    return [
      `configuration ${short(wanted.wanted)} was refused, and the other nodes wait: ${refused.map(({ instance, reason }) => `${instance}: ${plain(reason)}`).join("; ")}; correct the stack file and \`pulumi up\``,
    ];
  }
  const behind = nodes.filter(({ configuration }) => configuration !== null && !configuration.isWanted);
  const age = wanted.since === null ? 0 : (Date.now() - Date.parse(wanted.since)) / 1000;
  return behind.length > 0 && age > ADOPTION_TOLERATED
    ? [
        `configuration ${short(wanted.wanted)} should have been adopted by now, but not by ${behind.map(({ instance }) => instance).join(", ")}`,
      ]
    : [];
}
