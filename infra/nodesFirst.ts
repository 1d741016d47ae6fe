import type { Instance } from "@aws-sdk/client-auto-scaling";
import type { EC2Client } from "@aws-sdk/client-ec2";
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
  /** They reach origins by public addresses of their own, and by nothing else. */
  readonly direct: boolean;
}

interface Count {
  readonly healthy: number;
  /** Healthy ones that go by a NAT gateway: it is not there any more when the update is done. */
  readonly behindGateway: number;
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
    if (type !== "aws:route53/record:Record" || typeof setIdentifier !== "string") {
      return undefined;
    }
    const beforeCreate = [...(opts.hooks?.beforeCreate ?? []), hookOf(setIdentifier)];
    return { props, opts: { ...opts, hooks: { ...opts.hooks, beforeCreate } } };
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
export async function nodesAreThere({ region, group, min, direct }: Nodes): Promise<void> {
  const name = await new Promise<string>((resolve) => group.apply(resolve));
  const { healthy, behindGateway } = await fewestHealthy(region, name, direct).catch((error: unknown) => {
    throw new Error(
      `${region}: whether its nodes are there could not be looked at (${awsReason(error)}); ` +
        "no client is sent to it. Give the program the credentials of the deployment, and run `pulumi up` again.",
    );
  });
  if (healthy < min && behindGateway > 0) {
    throw new Error(
      `${region}: ${String(behindGateway)} nodes still go by the NAT gateway, which this update takes away, so no client is sent to it. ` +
        "Let it be drained until `footprint status` shows the newest refresh as Successful, and run `pulumi up` again then.",
    );
  }
  if (healthy < min) {
    throw new Error(
      `${region}: ${String(healthy)} of ${String(min)} nodes are healthy in the load balancer, so no client is sent to it. ` +
        `See why (runbook, "\`up\` waits for nodes and fails"), and run \`pulumi up\` again when \`footprint status\` shows them.`,
    );
  }
}

/** Healthy targets of that of the group's target groups which has the fewest. */
async function fewestHealthy(region: string, name: string, direct: boolean): Promise<Count> {
  const [autoScaling, loadBalancing, { EC2Client: Ec2 }, { accountOptions }] = await Promise.all([
    import("@aws-sdk/client-auto-scaling"),
    import("@aws-sdk/client-elastic-load-balancing-v2"),
    import("@aws-sdk/client-ec2"),
    import("./terminal/account"),
  ]);
  // As the provider has it from the stack's configuration; else what the environment says.
  const { account } = accountView(pulumi.runtime.allConfig());
  const options = (service: Service) => accountOptions(service, region, PATIENCE, account);
  const groups = new autoScaling.AutoScalingClient(options("autoscaling"));
  const { AutoScalingGroups = [] } = await groups.send(
    new autoScaling.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  const { TargetGroupARNs = [], Instances = [] } = AutoScalingGroups[0] ?? {};
  const gatewayUsers = direct ? await withoutAddress(new Ec2(options("ec2")), Instances) : [];
  const targets = new loadBalancing.ElasticLoadBalancingV2Client(options("elbv2"));
  const counts = await Promise.all(
    TargetGroupARNs.map(async (TargetGroupArn) => {
      const { TargetHealthDescriptions = [] } = await targets.send(
        new loadBalancing.DescribeTargetHealthCommand({ TargetGroupArn }),
      );
      const healthy = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === "healthy");
      const behindGateway = healthy.filter(({ Target }) => gatewayUsers.includes(Target?.Id ?? "")).length;
      return { healthy: healthy.length - behindGateway, behindGateway };
    }),
  );
  return counts.sort((a, b) => a.healthy - b.healthy)[0] ?? { healthy: 0, behindGateway: 0 };
}

/** Instances that were launched without a public address: a refresh that has only begun leaves them in service. */
async function withoutAddress(ec2: EC2Client, instances: readonly Instance[]): Promise<readonly string[]> {
  const { DescribeLaunchTemplateVersionsCommand } = await import("@aws-sdk/client-ec2");
  const versionOf = ({ LaunchTemplate: { LaunchTemplateId = "", Version = "" } = {} }: Instance) =>
    [LaunchTemplateId, Version] as const;
  const versions = new Map(instances.map((each) => [versionOf(each).join(" "), versionOf(each)]));
  const without = await Promise.all(
    [...versions].map(async ([key, [LaunchTemplateId, Version]]) => {
      const { LaunchTemplateVersions = [] } = await ec2.send(
        new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [Version] }),
      );
      const networks = LaunchTemplateVersions.flatMap((each) => each.LaunchTemplateData?.NetworkInterfaces ?? []);
      return networks.some(({ AssociatePublicIpAddress }) => AssociatePublicIpAddress) ? [] : [key];
    }),
  );
  return instances
    .filter((each) => without.flat().includes(versionOf(each).join(" ")))
    .flatMap(({ InstanceId }) => InstanceId ?? []);
}
