import { declared, type Declared } from "../../../infra/lab/names/declared";
import { type Known } from "../../../infra/lab/names/answer";
import type { Entity } from "../../../infra/sandbox/aws/world";
import type { JsonValue } from "../../../infra/plan/wire";

/** A record of a latency group as the stand-in keeps it (seen after an `up` of the sandbox stack). */
export function latencyRecord(region: string, type = "A", name = "www.example.com", zoneId = "ZA"): Entity {
  return entity("aws:route53/record:Record", `${zoneId}_${name}_${type}_${region}`, {
    fqdn: name,
    aliases: [{ evaluateTargetHealth: true, name: `${region}.elb.amazonaws.com`, zoneId: "Z3F0SRJ5LGBH90" }],
    allowOverwrite: true,
    healthCheckId: `check-${region}`,
    latencyRoutingPolicies: [{ region }],
    name,
    setIdentifier: region,
    type,
    zoneId,
  });
}

/** A PoP's own name. */
export function ownRecord(region: string): Entity {
  return entity("aws:route53/record:Record", `ZA_${region}.pop.example.com_A`, {
    fqdn: `${region}.pop.example.com`,
    aliases: [{ evaluateTargetHealth: false, name: `${region}.elb.amazonaws.com`, zoneId: "Z3F0SRJ5LGBH90" }],
    name: `${region}.pop.example.com`,
    type: "A",
    zoneId: "ZA",
  });
}

export function valueRecord(name: string, type: string, ttl: number, records: string[]): Entity {
  return entity("aws:route53/record:Record", `ZA_${name}_${type}`, {
    fqdn: name,
    name,
    type,
    ttl,
    records,
    zoneId: "ZA",
  });
}

export const ZONE = entity("aws:route53/zone:Zone", "ZA", { zoneId: "ZA", name: "example.com" });

export function entity(type: string, id: string, properties: Record<string, JsonValue>): Entity {
  return { type, id, region: null, urn: null, properties: { id, ...properties }, given: [], secrets: [] };
}

export const POPS = ["ap-southeast-2", "eu-central-1", "us-east-1"];

/** Load balancers of two zones each. */
export const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  "ap-southeast-2": ["192.0.2.1", "192.0.2.2", "2001:db8::1"],
  "eu-central-1": ["198.51.100.1", "198.51.100.2", "2001:db8::2"],
  "us-east-1": ["203.0.113.1", "203.0.113.2", "2001:db8::3"],
};

export interface Sick {
  readonly checks?: readonly string[];
  readonly loadBalancers?: readonly string[];
}

export function known(entities: readonly Entity[], { checks = [], loadBalancers = [] }: Sick = {}): Known {
  const names: Declared = declared(entities);
  return {
    declared: names,
    check: (id) => !checks.includes(id.replace("check-", "")),
    loadBalancer: (dnsName) => {
      const region = dnsName.replace(".elb.amazonaws.com", "");
      const addresses = ADDRESSES[region];
      return addresses === undefined ? undefined : { addresses, healthy: !loadBalancers.includes(region) };
    },
  };
}
