import { members, queryFailure, querySuccess, type Answer } from "./wire";

export interface GroupInstance {
  readonly id: string;
  /** Its availability zone; left out of answers when it is not said. */
  readonly zone?: string;
  /** Such as InService or Terminating:Wait. */
  readonly state: string;
  readonly healthy: boolean;
  /** What it was launched by; left out of answers when it is not said. */
  readonly template?: { readonly id: string; readonly version: string };
}

export interface Group {
  readonly name: string;
  readonly desired: number;
  readonly min?: number;
  readonly max?: number;
  /** ARNs. */
  readonly targetGroups?: readonly string[];
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
  readonly change: (action: string, query: URLSearchParams) => Answer | undefined;
}

/** Auto Scaling's query interface, as far as nodes and operators call it. */
export function autoScaling(actions: Actions, query: URLSearchParams): Answer {
  const { groups, waiting, late, completed } = actions;
  const action = query.get("Action") ?? "";
  switch (action) {
    case "CompleteLifecycleAction": {
      const instance = query.get("InstanceId") ?? "";
      const lifecycle = `${instance} ${query.get("LifecycleHookName") ?? ""}`;
      if (late.has(instance) || !waiting.delete(lifecycle)) {
        return queryFailure(`No active Lifecycle Action found with instance ID ${instance}`);
      }
      completed.push(lifecycle);
      actions.change(action, query);
      return querySuccess(action, "");
    }
    case "RecordLifecycleActionHeartbeat":
      return waiting.has(`${query.get("InstanceId") ?? ""} ${query.get("LifecycleHookName") ?? ""}`)
        ? querySuccess(action, "")
        : queryFailure("No active Lifecycle Action found");
    case "DescribeAutoScalingInstances": {
      const ids = [...query.entries()].filter(([key]) => key.startsWith("InstanceIds.")).map(([, id]) => id);
      const described = ids.map(
        (id) => `<InstanceId>${id}</InstanceId><LifecycleState>${stateOf(id, actions)}</LifecycleState>`,
      );
      return querySuccess(action, members("AutoScalingInstances", described));
    }
    case "DescribeAutoScalingGroups": {
      const names = [...query.entries()].filter(([key]) => key.startsWith("AutoScalingGroupNames.")).map(([, v]) => v);
      const found = [...groups.values()].filter(({ name }) => names.length === 0 || names.includes(name));
      return querySuccess(action, members("AutoScalingGroups", found.map(groupXml)));
    }
    case "DescribeInstanceRefreshes": {
      const refreshes = groups.get(query.get("AutoScalingGroupName") ?? "")?.refreshes ?? [];
      const described = refreshes.map(
        ({ id, status, reason = "" }) =>
          `<InstanceRefreshId>${id}</InstanceRefreshId><Status>${status}</Status><StatusReason>${reason}</StatusReason>`,
      );
      return querySuccess(action, members("InstanceRefreshes", described));
    }
    default:
      return actions.change(action, query) ?? queryFailure(`${action} is not served here`);
  }
}

function stateOf(id: string, { waiting, groups }: Actions): string {
  if (waiting.has(`${id} launching`)) {
    return "Pending:Wait";
  }
  if (waiting.has(`${id} terminating`)) {
    return "Terminating:Wait";
  }
  const known = [...groups.values()].flatMap(({ instances }) => instances).find((each) => each.id === id);
  return known?.state ?? "InService";
}

function groupXml({ name, desired, min = 0, max = desired, targetGroups = [], instances }: Group): string {
  const described = instances.map(
    ({ id, zone, state, healthy, template }) =>
      `<InstanceId>${id}</InstanceId><LifecycleState>${state}</LifecycleState>` +
      (zone === undefined ? "" : `<AvailabilityZone>${zone}</AvailabilityZone>`) +
      (template === undefined
        ? ""
        : `<LaunchTemplate><LaunchTemplateId>${template.id}</LaunchTemplateId><Version>${template.version}</Version></LaunchTemplate>`) +
      `<HealthStatus>${healthy ? "Healthy" : "Unhealthy"}</HealthStatus>`,
  );
  return (
    `<AutoScalingGroupName>${name}</AutoScalingGroupName><DesiredCapacity>${String(desired)}</DesiredCapacity>` +
    `<MinSize>${String(min)}</MinSize><MaxSize>${String(max)}</MaxSize>` +
    members("TargetGroupARNs", targetGroups) +
    members("Instances", described)
  );
}
