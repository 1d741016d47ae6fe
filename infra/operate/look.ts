import { DescribeAutoScalingGroupsCommand, DescribeInstanceRefreshesCommand } from "@aws-sdk/client-auto-scaling";
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey } from "@aws-sdk/client-s3";
import { z } from "zod";
import { drainSwitchSchema, type DrainSwitch } from "../../components/node/protocol/drainSwitch";
import { nodeReportSchema, REPORT_EXPIRES, type NodeReport } from "../../components/node/protocol/nodeReport";
import { openPointer, type Pointer } from "../../components/node/protocol/pointer";
import { instanceOf, STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { plainTexts } from "../terminal/plain";
import type { Clients } from "./clients";
import type { DeployedPop } from "./pops";

/** A node as its group and its own report show it. */
export interface Node {
  readonly instance: string;
  /** State of its life cycle, such as InService; null when the group could not be asked. */
  readonly lifecycle: string | null;
  /** Its availability zone, likewise. */
  readonly zone: string | null;
  /** What it says of itself, when that is fresh. */
  readonly report: NodeReport | undefined;
}

export interface Group {
  readonly name: string;
  readonly min: number;
  readonly desired: number;
  readonly instances: readonly { readonly id: string; readonly lifecycle: string; readonly zone: string | null }[];
  /** The newest instance refresh; undefined when there was none. */
  readonly refresh: Refresh | undefined;
}

export interface Refresh {
  readonly id: string;
  readonly status: string;
  readonly reason: string;
}

export interface PointerObject extends Pointer {
  /** When it last changed. */
  readonly changedAt: Date | undefined;
}

/** What nodes are to run and know. @throws when it cannot be read */
export async function readPointer(
  { s3 }: Clients,
  { bucket, region, configurationKeys }: DeployedPop,
): Promise<PointerObject> {
  if (configurationKeys === undefined) {
    throw new Error(
      "the outputs lack configurationKeys, which verify it; keep them again after an `up` with this version",
    );
  }
  const object = await readObject(s3, bucket, STORE_KEYS.pointer);
  if (object === undefined) {
    throw new Error(`${STORE_KEYS.pointer} is missing in ${bucket}`);
  }
  return { ...openPointer(configurationKeys, region, object.text), changedAt: object.changedAt };
}

/** The drain switch; undefined while it is not thrown. @throws when the store cannot be read */
export async function readDrain({ s3 }: Clients, { bucket }: DeployedPop): Promise<DrainSwitch | undefined> {
  const object = await readObject(s3, bucket, STORE_KEYS.drain);
  if (object === undefined) {
    return undefined;
  }
  // It drains whatever it holds; an operator may have thrown it by hand.
  return (
    drainSwitchSchema.safeParse(tryJson(object.text)).data ?? {
      reason: "(it holds no reason)",
      by: "(unknown)",
      at: (object.changedAt ?? new Date(0)).toISOString(),
    }
  );
}

/** @throws when Auto Scaling does not answer, or has no such group */
export async function readGroup({ autoScaling }: Clients, { group, region }: DeployedPop): Promise<Group> {
  if (group === undefined) {
    throw new Error(`the outputs name no group of nodes in ${region} (nodeGroups)`);
  }
  const [{ AutoScalingGroups }, { InstanceRefreshes }] = await Promise.all([
    autoScaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] })),
    autoScaling.send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: group, MaxRecords: 1 })),
  ]);
  const [found] = AutoScalingGroups ?? [];
  if (found === undefined) {
    throw new Error(`there is no Auto Scaling group ${group}`);
  }
  const [refresh] = InstanceRefreshes ?? [];
  return {
    name: group,
    min: found.MinSize ?? 0,
    desired: found.DesiredCapacity ?? 0,
    instances: (found.Instances ?? []).map(({ InstanceId = "", LifecycleState = "", AvailabilityZone }) => ({
      id: InstanceId,
      lifecycle: LifecycleState,
      zone: AvailabilityZone ?? null,
    })),
    refresh:
      refresh === undefined
        ? undefined
        : { id: refresh.InstanceRefreshId ?? "", status: refresh.Status ?? "", reason: refresh.StatusReason ?? "" },
  };
}

/**
 * The nodes of a PoP with what they report. Without the group, those that have reported lately.
 *
 * @throws when the store cannot be read
 */
export async function readNodes(
  clients: Clients,
  pop: DeployedPop,
  group: Group | undefined,
): Promise<readonly Node[]> {
  const keys = await reportKeys(clients, pop);
  const known = group?.instances ?? [...keys.keys()].map((id) => ({ id, lifecycle: null, zone: null }));
  const nodes = await Promise.all(
    known.map(async ({ id, lifecycle, zone }): Promise<Node> => {
      const key = keys.get(id);
      const object = key === undefined ? undefined : await readObject(clients.s3, pop.bucket, key);
      const isFresh = object !== undefined && object.age <= REPORT_EXPIRES;
      const report = isFresh ? nodeReportSchema.safeParse(tryJson(object.text)).data : undefined;
      // A node speaks for itself alone.
      return { instance: id, lifecycle, zone, report: report?.instance === id ? report : undefined };
    }),
  );
  return group === undefined ? nodes.filter(({ report }) => report !== undefined) : nodes;
}

/** Whether a node takes requests: also while it leaves, until its load balancer sends none any more. */
export function takesRequests({ lifecycle }: Node): boolean {
  return lifecycle === null || lifecycle === "InService" || /^Terminating(?::Wait)?$/.test(lifecycle);
}

export function isInService({ lifecycle }: Pick<Node, "lifecycle">): boolean {
  return lifecycle === null || lifecycle === "InService";
}

/** Whether a node says that it can serve, and that its PoP may be asked. */
export function isHealthy({ report }: Node): boolean {
  return report?.health.node === "ok" && report.health.pop === "ok";
}

/** Keys of nodes' reports, by instance. */
async function reportKeys({ s3 }: Clients, { bucket }: DeployedPop): Promise<ReadonlyMap<string, string>> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: STORE_KEYS.nodes }));
  return new Map(
    Contents.flatMap(({ Key = "" }) => {
      const id = instanceOf(Key);
      return id === undefined ? [] : [[id, Key] as const];
    }),
  );
}

interface StoredObject {
  readonly text: string;
  readonly changedAt: Date | undefined;
  /** Seconds since it last changed, when it was read. */
  readonly age: number;
}

async function readObject(s3: Clients["s3"], bucket: string, key: string): Promise<StoredObject | undefined> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  const answeredAt = timeOfAnswer(command);
  try {
    const { Body, LastModified: changedAt } = await s3.send(command);
    const age = changedAt === undefined ? 0 : (answeredAt().getTime() - changedAt.getTime()) / 1000;
    return { text: (await Body?.transformToString()) ?? "", changedAt, age };
  } catch (error) {
    if (error instanceof NoSuchKey) {
      return undefined;
    }
    throw error;
  }
}

/** What the SDK tells of a response, as far as it is needed. */
const dated = z.object({ headers: z.object({ date: z.string() }) });

/** When S3 answered, by its own clock, which also says when objects changed: this machine's may be wrong. */
function timeOfAnswer(command: GetObjectCommand): () => Date {
  let date: string | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = dated.safeParse(result.response).data?.headers.date;
      return result;
    },
    { step: "deserialize", name: "timeOfAnswer" },
  );
  return () => (date === undefined ? new Date() : new Date(date));
}

/** What stands in a store others may have written: nothing of it is to reach a terminal as it is. */
function tryJson(text: string): unknown {
  try {
    return plainTexts(JSON.parse(text));
  } catch {
    return undefined;
  }
}
