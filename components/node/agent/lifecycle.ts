import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingInstancesCommand,
} from "@aws-sdk/client-auto-scaling";
import { LIFECYCLE_HOOKS } from "../protocol/lifecycle";
import { CLIENT_LIMITS } from "./limits";
import type { Metadata } from "./metadata";

export interface LifecycleOptions {
  readonly region: string;
  readonly metadata: Pick<Metadata, "instanceId" | "groupName">;
}

export type Completion = "completed" | "nothing to complete";

/** The instance's part in the life cycle of its Auto Scaling group. */
export class Lifecycle {
  private readonly client: AutoScalingClient;

  constructor(private readonly options: LifecycleOptions) {
    this.client = new AutoScalingClient({ region: options.region, ...CLIENT_LIMITS });
  }

  /**
   * Ends the wait of a hook. "nothing to complete" is no end: the group does not wait for this instance not yet, or not
   * any more, or metadata name no group, or not yet.
   *
   * @throws Error when metadata or Auto Scaling cannot be asked
   */
  async complete(hook: keyof typeof LIFECYCLE_HOOKS): Promise<Completion> {
    const { metadata } = this.options;
    const [instance, group] = await Promise.all([metadata.instanceId(), metadata.groupName()]);
    if (group === undefined) {
      return "nothing to complete";
    }
    try {
      await this.client.send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: group,
          LifecycleHookName: LIFECYCLE_HOOKS[hook],
          InstanceId: instance,
          LifecycleActionResult: "CONTINUE",
        }),
      );
      return "completed";
    } catch (error) {
      if (
        error instanceof Error &&
        error.name === "ValidationError" &&
        /no active lifecycle action/i.test(error.message)
      ) {
        return "nothing to complete";
      }
      throw error;
    }
  }

  /**
   * Where the group sees this instance, such as Pending:Wait or InService; undefined when it sees none, or not yet.
   *
   * @throws Error when metadata or Auto Scaling cannot be asked
   */
  async state(): Promise<string | undefined> {
    const InstanceIds = [await this.options.metadata.instanceId()];
    const { AutoScalingInstances = [] } = await this.client.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds }),
    );
    return AutoScalingInstances[0]?.LifecycleState;
  }
}
