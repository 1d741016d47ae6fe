import { instanceType } from "../config/instanceTypes";
import type { FootprintConfig, PopConfig, ZoneConfig } from "../config/model";

/** A service quota of an account in one region (or, for Route 53, of the account or a hosted zone), and what the footprint needs. */
export interface Quota {
  readonly name: string;
  /** The service that it belongs to, and its code, in Service Quotas. */
  readonly service: Service;
  readonly code: string;
  readonly needed: number;
  /** AWS's published default; null where none could be sourced. An account may have more. */
  readonly default: number | null;
  /** Is the default enough; null where it is not known. */
  readonly ok: boolean | null;
  readonly source: string | null;
}

/** As Service Quotas calls the services. */
export type Service = "ec2" | "elasticloadbalancing" | "route53" | "vpc";

/** What the components decide and the configuration does not say. */
export interface QuotaBasis {
  /** Rules of the PoP's largest security group in one direction. */
  readonly rulesPerSecurityGroup: number;
}

/**
 * Nodes that may run at once, as a multiple of the group's size: a refresh launches before it terminates, up to 150 %
 * healthy (components: instance maintenance policy).
 */
const DURING_REFRESH = 1.5;

/** A node is a target of two groups, traffic and redirect, and counts in each. */
const TARGET_GROUPS_OF_A_NODE = 2;

const EC2 = "AWS General Reference, Amazon EC2 endpoints and quotas";
const VPC = "AWS General Reference, Amazon VPC endpoints and quotas";
const NLB = "Elastic Load Balancing, Quotas for your Network Load Balancers";
const ROUTE53 = "Route 53 Developer Guide, Quotas";

/** Quotas that a PoP needs in its region. */
export function popQuotas(pop: PopConfig, config: Pick<FootprintConfig, "sites">, basis: QuotaBasis): readonly Quota[] {
  const nodes = Math.ceil(pop.nodes.max * DURING_REFRESH);
  const vcpu = vcpuOf(pop.nodes.types[0] ?? "");
  const spot = Math.floor(((nodes - pop.nodes.min) * pop.nodes.spotShare) / 100);
  const zones = pop.zones.length;
  const targets = TARGET_GROUPS_OF_A_NODE * nodes;

  return [
    quota("Running On-Demand Standard instances (vCPUs)", "ec2", "L-1216C47A", (nodes - spot) * vcpu, 5, EC2),
    quota("All Standard Spot Instance Requests (vCPUs)", "ec2", "L-34B43A08", spot * vcpu, 5, EC2),
    // The load balancer's addresses are AWS's own and do not count.
    quota("EC2-VPC Elastic IPs", "ec2", "L-0263D0A3", pop.egress === "direct" ? 0 : zones, 5, EC2),
    quota("VPCs per Region", "vpc", "L-F678F1CE", 1, 5, VPC),
    quota("Internet gateways per Region", "vpc", "L-A4707A72", 1, 5, VPC),
    quota("Egress-only internet gateways per Region", "vpc", "L-45FE3B85", 1, 5, VPC),
    quota("Inbound or outbound rules per security group", "vpc", "L-0EA8095F", basis.rulesPerSecurityGroup, 60, VPC),
    quota("Network Load Balancers per Region", "elasticloadbalancing", "L-69A177A2", 1, 50, NLB),
    // One per site and the listener's default, which this quota counts too.
    quota(
      "Certificates per Network Load Balancer",
      "elasticloadbalancing",
      "L-52964454",
      config.sites.length + 1,
      25,
      NLB,
    ),
    // With cross-zone on, the limit of a zone is that of the whole load balancer.
    quota(
      "Targets per Availability Zone per Network Load Balancer",
      "elasticloadbalancing",
      "L-B211E961",
      pop.crossZone ? targets : TARGET_GROUPS_OF_A_NODE * Math.ceil(nodes / zones),
      500,
      NLB,
    ),
  ];
}

/** Quotas of the account as a whole. */
export function accountQuotas(config: Pick<FootprintConfig, "pops" | "zones">): readonly Quota[] {
  const made = config.zones.filter((zone) => zone.id === undefined).length;
  return [
    quota("Route 53 health checks", "route53", "L-ACB674F3", config.pops.length, null, null),
    quota("Route 53 hosted zones", "route53", "L-4EA4796A", made, null, null),
  ];
}

/** Records of a host that lead to one PoP, and of the PoP's own name: A and AAAA. */
const ADDRESSES = 2;

/**
 * Quotas of a hosted zone. Records are counted as they are when all hosts lead here and no PoP is drained: nothing of that
 * may end at a quota.
 */
export function zoneQuotas(
  zone: ZoneConfig,
  { sites, pops, zones, primaryZone }: Pick<FootprintConfig, "sites" | "pops" | "zones" | "primaryZone">,
): readonly Quota[] {
  const inZone = sites.filter((site) => site.zone === zone.name);
  // An apex has one where that is asked for, and not for its site.
  const caa = inZone.filter(({ host }) => zones.every(({ name }) => name !== host)).length + (zone.caaAtApex ? 1 : 0);
  const proofs = inZone.length;
  // The PoPs' own names have a CAA record and a certificate together.
  const own = zone.name === primaryZone ? ADDRESSES * pops.length + 2 : 0;
  const records = ADDRESSES * inZone.length * pops.length + caa + proofs + own;
  return [quota("Records per hosted zone", "route53", "L-E209CC9F", records, 10_000, ROUTE53)];
}

/** What must be asked for before an `up`: the quotas whose default does not suffice. */
export function tooSmall(quotas: readonly Quota[]): readonly Quota[] {
  return quotas.filter(({ ok }) => ok === false);
}

function quota(
  name: string,
  service: Service,
  code: string,
  needed: number,
  limit: number | null,
  source: string | null,
): Quota {
  return { name, service, code, needed, default: limit, ok: limit === null ? null : needed <= limit, source };
}

/** vCPUs of a type; all types of a PoP have the same number. Checked input names known types only. */
function vcpuOf(type: string): number {
  const found = instanceType(type);
  if (found === undefined) {
    throw new Error(`no instance type "${type}" in the instance table`);
  }
  return found.vcpu;
}
