import * as pulumi from "@pulumi/pulumi";
import { accountView } from "./config/account";
import type { Service } from "./terminal/account";
import { awsReason } from "./terminal/awsReason";

/** A PoP's nodes, as its latency records need them. */
export interface Nodes {
  readonly region: string;
  /** Name of their Auto Scaling group. */
  readonly group: pulumi.Output<string>;
  readonly min: number;
}

/** Milliseconds in which AWS must have answered. */
const PATIENCE = { connectionTimeout: 5000, requestTimeout: 20_000, throwOnRequestTimeout: true };

/**
 * Holds latency records back until their PoP's nodes are there. The group's creation waits for them, once: when it has
 * failed, the engine has the group in its state all the same, gives it an empty update at the next `up`
 * (step_generator.go, "InitErrors"), and the provider does not wait again. So who makes a latency record looks at the
 * load balancer itself, with the credentials of the program.
 *
 * A hook of the engine does it, which runs in updates alone: a preview asks nobody.
 *
 * @param nodes of each PoP; asked for when the first record is made
 */
export function nodesFirst(nodes: () => readonly Nodes[]): pulumi.ResourceTransformation {
  const hooks = new Map<string, pulumi.ResourceHook>();
  const hookOf = (region: string): pulumi.ResourceHook => {
    const made = hooks.get(region) ?? new pulumi.ResourceHook(`${region}-nodes-first`, look(region, nodes));
    hooks.set(region, made);
    return made;
  };
  return ({ type, props, opts }) => {
    const { setIdentifier } = props as { readonly setIdentifier?: unknown };
    return type === "aws:route53/record:Record" && typeof setIdentifier === "string"
      ? { props, opts: { ...opts, hooks: { ...opts.hooks, beforeCreate: [hookOf(setIdentifier)] } } }
      : undefined;
  };
}

/** One look for all records of a PoP: thousands of hosts ask nothing twice. */
function look(region: string, nodes: () => readonly Nodes[]): () => Promise<void> {
  let looked: Promise<void> | undefined;
  return () => {
    const pop = nodes().find((each) => each.region === region);
    looked ??= pop === undefined ? Promise.resolve() : nodesAreThere(pop);
    return looked;
  };
}

/** @throws Error when fewer are healthy than the group's creation waits for, or nobody can say */
export async function nodesAreThere({ region, group, min }: Nodes): Promise<void> {
  const name = await new Promise<string>((resolve) => group.apply(resolve));
  const healthy = await fewestHealthy(region, name).catch((error: unknown) => {
    throw new Error(
      `${region}: whether its nodes are there could not be looked at (${awsReason(error)}); ` +
        "no client is sent to it. Give the program the credentials of the deployment, and run `pulumi up` again.",
    );
  });
  if (healthy < min) {
    throw new Error(
      `${region}: ${String(healthy)} of ${String(min)} nodes are healthy in the load balancer, so no client is sent to it. ` +
        `See why (runbook, "\`up\` waits for nodes and fails"), and run \`pulumi up\` again when \`footprint status\` shows them.`,
    );
  }
}

/** Healthy targets of that of the group's target groups which has the fewest. */
async function fewestHealthy(region: string, name: string): Promise<number> {
  const [autoScaling, loadBalancing, { accountOptions }] = await Promise.all([
    import("@aws-sdk/client-auto-scaling"),
    import("@aws-sdk/client-elastic-load-balancing-v2"),
    import("./terminal/account"),
  ]);
  // As the provider has it from the stack's configuration; else what the environment says.
  const { account } = accountView(pulumi.runtime.allConfig());
  const options = (service: Service) => accountOptions(service, region, PATIENCE, account);
  const groups = new autoScaling.AutoScalingClient(options("autoscaling"));
  const { AutoScalingGroups = [] } = await groups.send(
    new autoScaling.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  const targets = new loadBalancing.ElasticLoadBalancingV2Client(options("elbv2"));
  const counts = await Promise.all(
    (AutoScalingGroups[0]?.TargetGroupARNs ?? []).map(async (TargetGroupArn) => {
      const { TargetHealthDescriptions = [] } = await targets.send(
        new loadBalancing.DescribeTargetHealthCommand({ TargetGroupArn }),
      );
      return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === "healthy").length;
    }),
  );
  return counts.length === 0 ? 0 : Math.min(...counts);
}
