import { queryFailure, querySuccess, type Answer } from "./aws/wire";
import type { ScalingGroup } from "./scalingGroup";

/**
 * Calls that change a group: what an agent says of its lifecycle, and what an operator asks for with AWS's own tools.
 *
 * @param resized told of a size that somebody has set
 */
export function operatorCalls(
  groups: ReadonlyMap<string, ScalingGroup>,
  resized: (group: string, desired: number) => void,
): (action: string, query: URLSearchParams) => Answer | undefined {
  return (action, query) => {
    const instance = query.get("InstanceId") ?? "";
    const name = query.get("AutoScalingGroupName") ?? "";
    const owner = [...groups.values()].find((group) => group.find(instance) !== undefined);
    switch (action) {
      case "CompleteLifecycleAction":
        owner?.complete(instance, query.get("LifecycleActionResult") === "ABANDON" ? "ABANDON" : "CONTINUE");
        return querySuccess(action, "");
      case "SetDesiredCapacity": {
        const group = groups.get(name);
        const desired = Number(query.get("DesiredCapacity"));
        if (group === undefined) {
          return queryFailure(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
        }
        if (!(desired >= group.settings.min && desired <= group.settings.max)) {
          return queryFailure(`New SetDesiredCapacity value ${String(desired)} is outside of the group's bounds`);
        }
        group.setDesired(desired);
        resized(name, desired);
        return querySuccess(action, "");
      }
      case "TerminateInstanceInAutoScalingGroup": {
        const found = owner?.find(instance);
        if (owner === undefined || found === undefined) {
          return queryFailure(`Instance Id not found - No managed instance found for instance ID ${instance}`);
        }
        if (query.get("ShouldDecrementDesiredCapacity") === "true") {
          owner.setDesired(owner.desired - 1);
          resized(owner.settings.name, owner.desired);
        }
        void owner.terminate(found, "somebody has asked for it");
        return querySuccess(action, "");
      }
      case "StartInstanceRefresh": {
        const begun = groups.get(name)?.refresh();
        return begun === undefined
          ? queryFailure(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`)
          : querySuccess(action, `<InstanceRefreshId>${begun.id}</InstanceRefreshId>`);
      }
      case "CancelInstanceRefresh":
        return groups.get(name)?.cancelRefresh("somebody has cancelled it") === true
          ? querySuccess(action, "")
          : queryFailure("No in progress or pending Instance Refresh found for Auto Scaling group");
      default:
        return undefined;
    }
  };
}
