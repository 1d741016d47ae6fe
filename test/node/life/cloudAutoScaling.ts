import type { Answer } from "./cloud";

export interface GroupInstance {
  readonly id: string;
  /** Such as InService or Terminating:Wait. */
  readonly state: string;
  readonly healthy: boolean;
  /** Its availability zone; left out of answers when it is not said. */
  readonly zone?: string;
}

export interface Group {
  readonly name: string;
  readonly desired: number;
  readonly min?: number;
  readonly instances: readonly GroupInstance[];
  /** Newest first. */
  readonly refreshes: readonly { readonly id: string; readonly status: string; readonly reason?: string }[];
}

/** Groups by name. */
export type Groups = Map<string, Group>;

interface Actions {
  readonly groups: Groups;
  readonly waiting: Set<string>;
  readonly late: ReadonlySet<string>;
  readonly completed: string[];
}

/** Auto Scaling's query interface, as far as nodes and operators call it. */
export function autoScaling({ groups, waiting, late, completed }: Actions, query: URLSearchParams): Answer {
  const action = query.get("Action") ?? "";
  switch (action) {
    case "CompleteLifecycleAction": {
      const instance = query.get("InstanceId") ?? "";
      const lifecycle = `${instance} ${query.get("LifecycleHookName") ?? ""}`;
      if (late.has(instance) || !waiting.delete(lifecycle)) {
        return failure(`No active Lifecycle Action found with instance ID ${instance}`);
      }
      completed.push(lifecycle);
      return success(action, "");
    }
    case "RecordLifecycleActionHeartbeat":
      return waiting.has(`${query.get("InstanceId") ?? ""} ${query.get("LifecycleHookName") ?? ""}`)
        ? success(action, "")
        : failure("No active Lifecycle Action found");
    case "DescribeAutoScalingInstances": {
      const ids = [...query.entries()].filter(([key]) => key.startsWith("InstanceIds.")).map(([, id]) => id);
      const members = ids.map(
        (id) =>
          `<member><InstanceId>${id}</InstanceId><LifecycleState>${stateOf(id, waiting)}</LifecycleState></member>`,
      );
      return success(action, `<AutoScalingInstances>${members.join("")}</AutoScalingInstances>`);
    }
    case "DescribeAutoScalingGroups": {
      const names = [...query.entries()].filter(([key]) => key.startsWith("AutoScalingGroupNames.")).map(([, v]) => v);
      const found = [...groups.values()].filter(({ name }) => names.length === 0 || names.includes(name));
      return success(action, `<AutoScalingGroups>${found.map(groupXml).join("")}</AutoScalingGroups>`);
    }
    case "DescribeInstanceRefreshes": {
      const refreshes = groups.get(query.get("AutoScalingGroupName") ?? "")?.refreshes ?? [];
      const members = refreshes.map(
        ({ id, status, reason = "" }) =>
          `<member><InstanceRefreshId>${id}</InstanceRefreshId><Status>${status}</Status>` +
          `<StatusReason>${reason}</StatusReason></member>`,
      );
      return success(action, `<InstanceRefreshes>${members.join("")}</InstanceRefreshes>`);
    }
    default:
      return failure(`${action} is not served here`);
  }
}

function stateOf(id: string, waiting: ReadonlySet<string>): string {
  return waiting.has(`${id} launching`)
    ? "Pending:Wait"
    : waiting.has(`${id} terminating`)
      ? "Terminating:Wait"
      : "InService";
}

function groupXml({ name, desired, min = 0, instances }: Group): string {
  const members = instances.map(
    ({ id, state, healthy, zone }) =>
      `<member><InstanceId>${id}</InstanceId><LifecycleState>${state}</LifecycleState>` +
      (zone === undefined ? "" : `<AvailabilityZone>${zone}</AvailabilityZone>`) +
      `<HealthStatus>${healthy ? "Healthy" : "Unhealthy"}</HealthStatus></member>`,
  );
  return (
    `<member><AutoScalingGroupName>${name}</AutoScalingGroupName><DesiredCapacity>${String(desired)}</DesiredCapacity>` +
    `<MinSize>${String(min)}</MinSize>` +
    `<Instances>${members.join("")}</Instances></member>`
  );
}

function success(action: string, result: string): Answer {
  return xml(
    200,
    `<${action}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><${action}Result>${result}` +
      `</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`,
  );
}

function failure(message: string): Answer {
  return xml(
    400,
    `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type>` +
      `<Code>ValidationError</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  );
}

function xml(status: number, body: string): Answer {
  return { status, headers: { "content-type": "text/xml" }, body };
}
