import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeRegionsCommand } from "@aws-sdk/client-ec2";
import { ListRolesCommand } from "@aws-sdk/client-iam";
import { ListTopicsCommand } from "@aws-sdk/client-sns";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { ROUTE53_METRICS_REGION } from "../../components/route53";
import type { FootprintConfig } from "../config/model";
import { awsReason } from "../terminal/awsReason";
import { UserError } from "../terminal/userError";
import type { AccountClients } from "./clients";
import { look, type Line } from "./line";

/**
 * The account that is asked.
 *
 * @throws UserError when nobody can be asked
 */
export async function caller({ sts }: Pick<AccountClients, "sts">): Promise<string> {
  try {
    return (await sts.send(new GetCallerIdentityCommand({}))).Account ?? "unknown";
  } catch (error) {
    throw new UserError(`nothing was checked, AWS does not say who asks: ${awsReason(error)}`);
  }
}

/** Whether the account has a region; lines for those that it cannot use. */
export async function regionsEnabled(
  { ec2 }: Pick<AccountClients, "ec2">,
  regions: readonly string[],
): Promise<{ readonly lines: readonly Line[]; readonly closed: ReadonlySet<string> }> {
  const statuses = new Map<string, string | undefined>();
  const [trouble] = await look("account", "regions", async () => {
    const { Regions = [] } = await ec2.send(
      new DescribeRegionsCommand({ AllRegions: true, Filters: [{ Name: "region-name", Values: [...regions] }] }),
    );
    Regions.forEach(({ RegionName = "", OptInStatus }) => statuses.set(RegionName, OptInStatus));
    return [];
  });
  if (trouble !== undefined) {
    // Each region's own looks show whether it answers.
    return { lines: [trouble], closed: new Set() };
  }
  const closed = regions.filter((region) => !["opt-in-not-required", "opted-in"].includes(statuses.get(region) ?? ""));
  const lines = await Promise.all(
    regions.map((region) =>
      look(region, "region", (line) =>
        Promise.resolve(
          closed.includes(region)
            ? line.fails(
                `the account does not have it (${statuses.get(region) ?? "AWS does not name it"})`,
                `aws account enable-region --region-name ${region}, and wait until it says so: minutes to hours`,
              )
            : line.ok("enabled"),
        ),
      ),
    ),
  );
  return { lines: lines.flat(), closed: new Set(closed) };
}

/**
 * Alarms on Route 53's health checks, and their topic, are in us-east-1 and nowhere else. Organisations that keep to the
 * EU refuse that region, and only a call there shows it: such policies go by `aws:RequestedRegion`.
 */
export async function alarmsRegion({ cloudWatch, sns }: AccountClients): Promise<readonly Line[]> {
  const region = ROUTE53_METRICS_REGION;
  const lines = await Promise.all([
    look(region, "alarms of Route 53", async (line) => {
      await cloudWatch.send(new DescribeAlarmsCommand({ MaxRecords: 1 }));
      return line.ok("CloudWatch answers: alarms on health checks live here, wherever the PoPs are");
    }),
    look(region, "topic of these alarms", async (line) => {
      await sns.send(new ListTopicsCommand({}));
      return line.ok("SNS answers");
    }),
  ]);
  return lines.flat();
}

/** Services that act in the account's name by a role of their own, and what of a footprint needs it. */
function services({ pops }: Pick<FootprintConfig, "pops">): readonly (readonly [service: string, first: string])[] {
  return [
    ["autoscaling.amazonaws.com", "Auto Scaling group"],
    ["elasticloadbalancing.amazonaws.com", "load balancer"],
    ...(pops.some((pop) => pop.egress !== "direct")
      ? ([["ec2-nat-gateway.amazonaws.com", "regional NAT gateway"]] as const)
      : []),
    ...(pops.some((pop) => pop.nodes.spotShare > 0) ? ([["spot.amazonaws.com", "Spot instance"]] as const) : []),
  ];
}

/** A service makes its role at its first use, if the caller may: the deploy role may, an organisation may refuse it. */
export async function serviceLinkedRoles(
  { iam }: Pick<AccountClients, "iam">,
  config: Pick<FootprintConfig, "pops">,
): Promise<readonly Line[]> {
  const lines = await Promise.all(
    services(config).map(([service, first]) =>
      look("account", `service-linked role of ${service}`, async (line) => {
        const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: `/aws-service-role/${service}/` }));
        return Roles.length > 0
          ? line.ok("is there")
          : line.warning(
              `is made with the account's first ${first}, if who deploys may (iam:CreateServiceLinkedRole)`,
              `or aws iam create-service-linked-role --aws-service-name ${service}`,
            );
      }),
    ),
  );
  return lines.flat();
}
