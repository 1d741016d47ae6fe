import type { DrainSwitch } from "../../components/node/protocol/drainSwitch";
import type { NodeReport } from "../../components/node/protocol/nodeReport";
import { compare } from "../config/problems";
import { awsReason } from "../terminal/awsReason";
import type { Clients } from "./clients";
import {
  isInService,
  readDrain,
  readGroup,
  readNodes,
  readPointer,
  type Group,
  type Node,
  type PointerObject,
  type Refresh,
} from "./look";
import type { DeployedPop } from "./pops";

/** A PoP as it is now. What could not be read is null, and `unreadable` says why. */
export interface PopStatus {
  readonly region: string;
  /** As it was deployed; "unlisted" when the stack file has it no more. */
  readonly state: DeployedPop["state"];
  /** The drain switch; null while it is not thrown. */
  readonly drained: DrainSwitch | null;
  readonly group: {
    readonly name: string;
    readonly min: number;
    readonly desired: number;
    readonly inService: number;
    readonly refresh: Refresh | null;
  } | null;
  readonly configuration: {
    /** SHA-256 of the bundle that nodes are to run, and since when (ISO 8601). */
    readonly wanted: string;
    readonly since: string | null;
  } | null;
  readonly nodes: readonly NodeStatus[];
  /** Parts that could not be read, and why. */
  readonly unreadable: readonly { readonly part: string; readonly reason: string }[];
}

export interface NodeStatus {
  readonly instance: string;
  readonly lifecycle: string | null;
  /** Its availability zone, such as us-east-1a; null when the group could not be asked. */
  readonly zone: string | null;
  /** False when it has not reported lately; what follows is null then. */
  readonly reports: boolean;
  readonly state: NodeReport["state"] | null;
  readonly health: NodeReport["health"] | null;
  readonly configuration: {
    readonly generation: string | null;
    readonly isWanted: boolean;
    readonly rejected: NodeReport["configuration"]["rejected"];
    readonly failing: NodeReport["configuration"]["failing"];
    /** Why it does not follow the pointer that is in the store. */
    readonly refused?: string;
  } | null;
  readonly purge: {
    readonly position: number;
    /** Seconds, as of the report, since it last knew that there was nothing newer; null before that. */
    readonly lag: number | null;
    readonly refused: number;
  } | null;
  /** Its access log on the way to the log bucket; null when it does not say. */
  readonly logs: NonNullable<NodeReport["logs"]> | null;
  readonly metrics: NonNullable<NodeReport["metrics"]> | null;
  /** Whether it knows the secrets' versions that the pointer names. */
  readonly secretsUpToDate: boolean | null;
}

/** Looks at one PoP. Never throws: one that is away must not hide the others. */
export async function popStatus(pop: DeployedPop, clients: Clients): Promise<PopStatus> {
  const unreadable: PopStatus["unreadable"][number][] = [];
  const part = async <T>(what: string, reading: Promise<T>): Promise<T | undefined> =>
    reading.catch((error: unknown) => {
      unreadable.push({ part: what, reason: awsReason(error) });
      return undefined;
    });

  const [pointer, drained, group] = await Promise.all([
    part("pointer", readPointer(clients, pop)),
    part("drain switch", readDrain(clients, pop)),
    part("Auto Scaling group", readGroup(clients, pop)),
  ]);
  const nodes = (await part("node reports", readNodes(clients, pop, group))) ?? [];
  return {
    region: pop.region,
    state: pop.listed ? pop.state : "unlisted",
    drained: drained ?? null,
    group: group === undefined ? null : groupStatus(group),
    configuration:
      pointer === undefined ? null : { wanted: pointer.bundle.sha256, since: pointer.changedAt?.toISOString() ?? null },
    nodes: nodes.map((node) => nodeStatus(node, pointer)),
    unreadable: unreadable.sort((a, b) => compare(a.part, b.part)),
  };
}

function groupStatus({ name, min, desired, instances, refresh }: Group) {
  return { name, min, desired, inService: instances.filter(isInService).length, refresh: refresh ?? null };
}

function nodeStatus({ instance, lifecycle, zone, report }: Node, pointer: PointerObject | undefined): NodeStatus {
  if (report === undefined) {
    const nothing = {
      state: null,
      health: null,
      configuration: null,
      purge: null,
      logs: null,
      metrics: null,
      secretsUpToDate: null,
    };
    return { instance, lifecycle, zone, reports: false, ...nothing };
  }
  const { generation, rejected, failing, refused: reason } = report.configuration;
  const { position, caughtUpAt, refused } = report.purge;
  return {
    instance,
    lifecycle,
    zone,
    reports: true,
    state: report.state,
    health: report.health,
    configuration: {
      generation,
      isWanted: generation === pointer?.bundle.sha256,
      rejected,
      failing,
      ...(reason === undefined ? {} : { refused: reason }),
    },
    purge: {
      position,
      lag: caughtUpAt === null ? null : Math.max(0, Date.parse(report.at) - Date.parse(caughtUpAt)) / 1000,
      refused,
    },
    logs: report.logs ?? null,
    metrics: report.metrics ?? null,
    secretsUpToDate: pointer === undefined ? null : knowsSecrets(report, pointer),
  };
}

/** Whether a node knows the versions of the secrets that the pointer names. */
export function knowsSecrets({ secrets }: NodeReport, { parameters }: Pick<PointerObject, "parameters">): boolean {
  return (["origin-auth", "purge"] as const).every(
    (role) =>
      secrets?.[role].current === parameters[role].current.version &&
      secrets[role].next === parameters[role].next.version,
  );
}
