import {
  DescribeAddressesCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Tag,
} from "@aws-sdk/client-ec2";
import { GetAccountLimitCommand, GetHostedZoneLimitCommand, type AccountLimitType } from "@aws-sdk/client-route-53";
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  type ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import type { ZoneConfig } from "../config/model";
import type { Quota } from "../plan/quotas";
import type { AccountClients, RegionalClients } from "./clients";
import { isNamed, look, unlessMissing, type About, type Line } from "./line";

/** The quotas of a region beside what the plan needs. One after the other: Service Quotas takes few calls a second. */
export async function regionQuotas(
  stack: string,
  region: string,
  quotas: readonly Quota[],
  clients: RegionalClients,
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const quota of quotas.filter(({ needed }) => needed > 0)) {
    lines.push(
      ...(await look(region, `quota ${quota.name}`, (line) => regionQuota(line, stack, region, quota, clients))),
    );
  }
  return lines;
}

async function regionQuota(
  line: About,
  stack: string,
  region: string,
  { service, code, needed }: Quota,
  { ec2, quotas }: RegionalClients,
): Promise<Line> {
  const value = await quotaValue(quotas, service, code);
  const others = await takenByOthers(ec2, code, stack);
  const found = `${String(value)}, needed ${String(needed)}${others === 0 ? "" : ` beside ${String(others)} of others`}`;
  return needed + others <= value
    ? line.ok(found)
    : line.fails(
        found,
        `aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${code} --desired-value ${String(needed + others)}`,
      );
}

/** What the account has, which is AWS's default where nobody has asked for more. */
async function quotaValue(quotas: ServiceQuotasClient, ServiceCode: string, QuotaCode: string): Promise<number> {
  const { Quota: found } = await quotas
    .send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }))
    .catch((error: unknown) => {
      if (isNamed(error, "NoSuchResourceException")) {
        return quotas.send(new GetAWSDefaultServiceQuotaCommand({ ServiceCode, QuotaCode }));
      }
      throw error;
    });
  if (found?.Value === undefined) {
    throw new Error(`Service Quotas gave no value for ${QuotaCode}`);
  }
  return found.Value;
}

interface Tagged {
  readonly Tags?: Tag[];
}

/** By quota, what there is of it: of these an account has some from its first day. Others' nodes are not counted. */
const EXISTING: Readonly<Record<string, (ec2: EC2Client) => Promise<readonly Tagged[]>>> = {
  "L-0263D0A3": async (ec2) => (await ec2.send(new DescribeAddressesCommand({}))).Addresses ?? [],
  "L-F678F1CE": async (ec2) => (await ec2.send(new DescribeVpcsCommand({}))).Vpcs ?? [],
  "L-A4707A72": async (ec2) => (await ec2.send(new DescribeInternetGatewaysCommand({}))).InternetGateways ?? [],
  "L-45FE3B85": async (ec2) =>
    (await ec2.send(new DescribeEgressOnlyInternetGatewaysCommand({}))).EgressOnlyInternetGateways ?? [],
};

async function takenByOthers(ec2: EC2Client, code: string, stack: string): Promise<number> {
  const existing = (await EXISTING[code]?.(ec2)) ?? [];
  const isOurs = ({ Tags = [] }: Tagged) => Tags.some(({ Key, Value }) => Key === "Footprint" && Value === stack);
  return existing.filter((each) => !isOurs(each)).length;
}

const ROUTE53_LIMITS: Readonly<Record<string, AccountLimitType>> = {
  "L-ACB674F3": "MAX_HEALTH_CHECKS_BY_OWNER",
  "L-4EA4796A": "MAX_HOSTED_ZONES_BY_OWNER",
};

/** The quotas of Route 53, which says itself what is taken; the footprint's own, once it is deployed, is in that. */
export async function accountQuotas(
  quotas: readonly Quota[],
  { route53 }: Pick<AccountClients, "route53">,
): Promise<readonly Line[]> {
  const lines = await Promise.all(
    quotas
      .filter(({ needed }) => needed > 0)
      .map((quota) =>
        look("account", `quota ${quota.name}`, async (line) =>
          taken(line, quota, await route53.send(new GetAccountLimitCommand({ Type: ROUTE53_LIMITS[quota.code] }))),
        ),
      ),
  );
  return lines.flat();
}

/** The quotas of a hosted zone that is there; those of one that is to be made are AWS's defaults. */
export async function zoneQuotas(
  { name, id }: ZoneConfig,
  quotas: readonly Quota[],
  { route53 }: Pick<AccountClients, "route53">,
): Promise<readonly Line[]> {
  const lines = await Promise.all(
    quotas.map((quota) =>
      look(name, `quota ${quota.name}`, async (line) => {
        if (id === undefined) {
          return taken(line, quota, { Limit: { Value: quota.default ?? 0 } });
        }
        const limit = await unlessMissing(
          route53.send(new GetHostedZoneLimitCommand({ HostedZoneId: id, Type: "MAX_RRSETS_BY_ZONE" })),
        );
        // Of the zone that is not there one line has been said.
        return limit === undefined ? [] : taken(line, quota, limit);
      }),
    ),
  );
  return lines.flat();
}

interface Limit {
  readonly Limit?: { readonly Value?: number | undefined } | undefined;
  readonly Count?: number | undefined;
}

function taken(line: About, { code, service, needed }: Quota, { Limit, Count = 0 }: Limit): Line {
  const value = Limit?.Value ?? 0;
  const found = `${String(value)}, needed ${String(needed)}, in use ${String(Count)}`;
  const more = `aws service-quotas request-service-quota-increase --region us-east-1 --service-code ${service} --quota-code ${code} --desired-value ${String(Count + needed)}`;
  if (Count + needed <= value) {
    return line.ok(found);
  }
  return needed <= value
    ? line.warning(`${found}, this footprint's own among them if it is deployed`, `else ${more}`)
    : line.fails(found, more);
}
