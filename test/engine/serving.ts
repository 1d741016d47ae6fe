import { text, valuesAt } from "../../infra/sandbox/aws/values";
import type { Entity } from "../../infra/sandbox/aws/world";
import type { Run } from "./engine";
import { nameOf } from "./steps";

const RECORD = "aws:route53/record:Record";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const LISTENER = "aws:lb/listener:Listener";
const GROUP = "aws:autoscaling/group:Group";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const TEMPLATE_ID = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateId";

type Address = Pick<Entity, "type" | "id" | "region">;

/** What there is at one moment. */
class Moment {
  private readonly entities: Map<string, Entity>;

  constructor(entities: readonly Entity[]) {
    this.entities = new Map(entities.map((each) => [key(each), each]));
  }

  put(entity: Entity): void {
    this.entities.set(key(entity), entity);
  }

  remove(address: Address): void {
    this.entities.delete(key(address));
  }

  ofType(type: string, region?: string | null): readonly Entity[] {
    return [...this.entities.values()].filter(
      (each) => each.type === type && (region === undefined || each.region === region),
    );
  }
}

function key({ type, id, region }: Address): string {
  return [type, id, region ?? ""].join(" ");
}

/** Nodes as they run when an update begins: they follow it minutes later. */
interface Nodes {
  readonly region: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly ports: readonly number[];
}

/**
 * Whom an update leaves without service, after every single call of it: hosts that the zones which clients ask have no
 * record of, records that lead to a load balancer without listeners or nodes, and nodes that have lost the way to their
 * origins while they still go by the former configuration. Empty when clients notice nothing.
 *
 * @param zones ids of the zones to which the names are delegated
 * @param ports of origins, by which the nodes go at the beginning
 */
export function interruptions(
  before: readonly Entity[],
  run: Run,
  after: readonly Entity[],
  { zones, ports }: { readonly zones: readonly string[]; readonly ports: readonly number[] },
): readonly string[] {
  const moment = new Moment(before);
  const hosts = new Set(latencyRecords(moment, zones).map(hostOf));
  const nodes = activeNodes(moment, zones, ports);
  const wrong = () => [...unanswered(moment, zones, hosts), ...deadEnds(moment, zones), ...cutOff(moment, nodes)];
  const found = wrong().map((each) => `before: ${each}`);
  const ends = new Map(after.map((each) => [key(each), each]));
  for (const { method, outcome, preview, type, region, id, urn } of run.calls) {
    if (outcome !== "done" || preview || id === undefined) {
      continue;
    }
    const address = { type, id, region };
    const now = ends.get(key(address));
    if (method === "delete") {
      moment.remove(address);
    } else if (now !== undefined && (method === "create" || method === "update")) {
      moment.put(now);
    }
    const step = `${method} ${type.slice(type.lastIndexOf(":") + 1)} ${nameOf(urn)}`;
    found.push(...wrong().map((each) => `${step}: ${each}`));
  }
  return found;
}

function latencyRecords(moment: Moment, zones: readonly string[]): readonly Entity[] {
  return moment
    .ofType(RECORD)
    .filter(({ properties }) => properties.setIdentifier !== undefined && zones.includes(text(properties.zoneId)));
}

function hostOf({ properties }: Entity): string {
  return `${text(properties.name)} ${text(properties.type)}`;
}

function unanswered(moment: Moment, zones: readonly string[], hosts: ReadonlySet<string>): readonly string[] {
  const answered = new Set(latencyRecords(moment, zones).map(hostOf));
  return [...hosts].filter((host) => !answered.has(host)).map((host) => `${host} has no answer`);
}

function deadEnds(moment: Moment, zones: readonly string[]): readonly string[] {
  return latencyRecords(moment, zones).flatMap((record) => {
    const region = text(record.properties.setIdentifier);
    const [target] = valuesAt(record.properties, "aliases[*].name").map(text);
    const balancer = moment.ofType(LOAD_BALANCER, region).find(({ properties }) => properties.dnsName === target);
    const behind = moment
      .ofType(LISTENER, region)
      .filter(({ properties }) => properties.loadBalancerArn === balancer?.properties.arn)
      .flatMap(({ properties }) => valuesAt(properties, "defaultActions[*].targetGroupArn"));
    const filled = moment.ofType(GROUP, region).flatMap(({ properties }) => valuesAt(properties, "targetGroupArns[*]"));
    return behind.length === 2 && behind.every((arn) => filled.includes(arn))
      ? []
      : [`${hostOf(record)} leads ${region} to nobody`];
  });
}

function activeNodes(moment: Moment, zones: readonly string[], ports: readonly number[]): readonly Nodes[] {
  const active = new Set(latencyRecords(moment, zones).map(({ properties }) => text(properties.setIdentifier)));
  return moment
    .ofType(GROUP)
    .filter(({ region }) => active.has(region ?? ""))
    .map(({ region, properties }) => {
      const templates = valuesAt(properties, TEMPLATE_ID).map(text);
      const template = moment.ofType(TEMPLATE, region).filter(({ id }) => templates.includes(id));
      return {
        region: region ?? "",
        subnets: valuesAt(properties, "vpcZoneIdentifiers[*]").map(text),
        securityGroups: template
          .flatMap((each) => valuesAt(each.properties, "networkInterfaces[*].securityGroups[*]"))
          .map(text),
        ports,
      };
    });
}

function cutOff(moment: Moment, nodes: readonly Nodes[]): readonly string[] {
  return nodes.flatMap(({ region, subnets, securityGroups, ports }) => [
    ...subnets.filter((subnet) => !leadsOut(moment, region, subnet)).map(() => `nodes of ${region} have no way out`),
    ...ports
      .filter((port) => !letsOut(moment, region, securityGroups, port))
      .map((port) => `nodes of ${region} may not reach port ${String(port)}`),
  ]);
}

function leadsOut(moment: Moment, region: string, subnet: string): boolean {
  const tables = moment
    .ofType("aws:ec2/routeTableAssociation:RouteTableAssociation", region)
    .filter(({ properties }) => properties.subnetId === subnet)
    .map(({ properties }) => properties.routeTableId);
  const gateways = ["aws:ec2/natGateway:NatGateway", "aws:ec2/internetGateway:InternetGateway"]
    .flatMap((type) => moment.ofType(type, region))
    .map(({ id }) => id);
  return moment
    .ofType("aws:ec2/route:Route", region)
    .some(
      ({ properties: route }) =>
        tables.includes(route.routeTableId) &&
        route.destinationCidrBlock === "0.0.0.0/0" &&
        gateways.includes(text(route.natGatewayId ?? route.gatewayId)),
    );
}

function letsOut(moment: Moment, region: string, groups: readonly string[], port: number): boolean {
  const rules = moment
    .ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", region)
    .filter(({ properties }) => groups.includes(text(properties.securityGroupId)) && properties.fromPort === port);
  return ["cidrIpv4", "cidrIpv6"].every((family) => rules.some(({ properties }) => properties[family] !== undefined));
}
