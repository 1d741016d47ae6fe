import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import table from "../../infra/plan/data/replacing.json";
import { some } from "../support/some";
import { conditionalReplacements, replacement, replacingProperties, replacingTypes } from "../../infra/plan/replacing";

const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

/** Source of a resource's class in the SDK: it names every input. */
function sdk(type: string): string {
  const [provider = "", module = ""] = type.split(":");
  const file = path.join("node_modules/@pulumi", provider, `${module.replace(/^index\//, "")}.js`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Inputs are read from `args`; what only a provider computes is set to undefined. */
function isInput(source: string, property: string): boolean {
  return (
    source.includes(`resourceInputs["${property}"] = args`) || source.includes(`resourceInputs["${property}"] = (args`)
  );
}

describe("the table of replacing properties", () => {
  const rows = Object.entries(table.types);
  const sources: Readonly<Record<string, string>> = table.sources;

  it.each(rows)("names a type of the SDK and inputs of it: %s", (type, { properties }) => {
    const source = sdk(type);
    expect(source).toContain(`'${type}'`);
    expect(properties.filter((property) => !isInput(source, property))).toEqual([]);
    expect(properties).toEqual([...new Set(properties)].sort());
  });

  it.each(rows)("has region replace if and only if it is regional: %s", (type, { properties }) => {
    expect(properties.includes("region")).toBe(isInput(sdk(type), "region"));
  });

  it("has a source for every row, and uses every source", () => {
    const used = [...rows.flatMap(([, row]) => row.sources), ...table.conditional.map(({ source }) => source)];
    expect(rows.filter(([, row]) => row.sources.length === 0)).toEqual([]);
    expect(used.filter((key) => (sources[key] ?? "").length < 20)).toEqual([]);
    expect(Object.keys(sources).filter((key) => !used.includes(key))).toEqual([]);
  });

  it("has conditional rows for inputs that do not replace in every case", () => {
    for (const { type, property } of table.conditional) {
      expect(isInput(sdk(type), property)).toBe(true);
      expect(replacingProperties(type)).not.toContain(property);
    }
  });
});

describe("a replacement", () => {
  it.each([
    ["aws:ec2/vpc:Vpc", ["cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", "region"]],
    ["aws:ec2/launchTemplate:LaunchTemplate", ["name", "namePrefix", "region"]],
    ["aws:lb/listener:Listener", ["loadBalancerArn", "region"]],
    // Unlike in CloudFormation, a record keeps its identity when its type or set identifier changes.
    ["aws:route53/record:Record", ["name", "zoneId"]],
    ["aws:made/up:Up", []],
    ["toString", []],
  ])("of %s follows from %j", (type, properties) => {
    expect(replacingProperties(type)).toEqual(properties);
  });

  it("is known for every type of the table, in code-unit order", () => {
    expect(replacingTypes()).toEqual(Object.keys(table.types).sort());
    expect(replacingTypes().length).toBeGreaterThanOrEqual(46);
  });

  it("says why", () => {
    expect(replacement("aws:ec2/vpc:Vpc", "cidrBlock", "10.0.0.0/20", "10.0.16.0/20")).toEqual({
      reason: "cidrBlock cannot be changed in place",
    });
    expect(replacement("aws:ec2/vpc:Vpc", "tags", {}, { a: "b" })).toBeNull();
  });

  it.each([
    ["a zone is taken away", ["a", "b"], ["a"], true],
    ["a zone is exchanged", ["a", "b"], ["a", "c"], true],
    ["one of several computed subnets goes", ["<computed>", "<computed>"], ["<computed>"], true],
    ["a zone is added", ["a"], ["b", "a"], false],
    ["one goes and two come", ["a", "b"], ["b", "c", "d"], false],
    ["the order changes", ["a", "b"], ["b", "a"], false],
  ])("of a load balancer when %s: %j to %j is %p", (_, before, after, replaces) => {
    expect(replacement(LOAD_BALANCER, "subnets", before, after) !== null).toBe(replaces);
  });

  it.each([
    ["the first is added", [], ["sg"], true],
    ["the last is removed", ["sg"], undefined, true],
    ["one is exchanged", ["sg"], ["other"], false],
  ])("of a load balancer's security groups when %s: %p", (_, before, after, replaces) => {
    expect(replacement(LOAD_BALANCER, "securityGroups", before, after) !== null).toBe(replaces);
  });

  it.each([
    ["the first is added", undefined, ["a"], true],
    ["another is added", ["a"], ["a", "b"], false],
    ["the last is removed", ["a"], [], false],
    ["there was none, and is none", [], undefined, false],
  ])("of a NAT gateway's addresses when %s: %p", (_, before, after, replaces) => {
    const type = "aws:ec2/natGateway:NatGateway";
    expect(replacement(type, "availabilityZoneAddresses", before, after) !== null).toBe(replaces);
  });

  it.each([
    ["one goes", ["a", "b"], ["b"], true],
    ["one goes and others come", ["a"], ["b", "c"], true],
    ["one comes", ["a"], ["b", "a"], false],
  ])("of a load balancer's mapped subnets when %s: %p", (_, before, after, replaces) => {
    expect(replacement(LOAD_BALANCER, "subnetMappings", before, after) !== null).toBe(replaces);
  });

  it("in some cases is that of the type's own rows", () => {
    for (const type of some(new Set(table.conditional.map((row) => row.type)))) {
      const rows = table.conditional.filter((row) => row.type === type);
      expect(conditionalReplacements(type).map(({ property, when }) => [property, when])).toEqual(
        rows.map(({ property, when }) => [property, when]),
      );
    }
  });

  // The provider's source: resourceVPCCustomizeDiff, ForceNewIfChange of a parameter's tier; its documentation of load balancers.
  it.each([
    ["aws:ec2/vpc:Vpc", "instanceTenancy", undefined, "dedicated", true],
    ["aws:ec2/vpc:Vpc", "instanceTenancy", "dedicated", "default", false],
    ["aws:ec2/vpc:Vpc", "instanceTenancy", "dedicated", undefined, false],
    ["aws:ec2/vpc:Vpc", "instanceTenancy", undefined, "default", false],
    ["aws:ec2/vpc:Vpc", "instanceTenancy", "host", "default", true],
    [RULE, "cidrIpv4", undefined, "10.0.0.0/8", true],
    ["aws:ec2/vpc:Vpc", "instanceTenancy", "dedicated", "host", true],
    [LOAD_BALANCER, "secondaryIpsAutoAssignedPerSubnet", 2, 2, false],
    ["aws:ssm/parameter:Parameter", "tier", "Advanced", "Standard", true],
    ["aws:ssm/parameter:Parameter", "tier", "Standard", "Advanced", false],
    ["aws:ssm/parameter:Parameter", "tier", "Advanced", undefined, false],
    [LOAD_BALANCER, "secondaryIpsAutoAssignedPerSubnet", 2, 1, true],
    [LOAD_BALANCER, "secondaryIpsAutoAssignedPerSubnet", 1, undefined, true],
    [LOAD_BALANCER, "secondaryIpsAutoAssignedPerSubnet", undefined, 2, false],
    ["aws:ec2/vpcEndpoint:VpcEndpoint", "privateDnsEnabled", undefined, true, true],
    ["aws:ec2/eip:Eip", "customerOwnedIpv4Pool", undefined, "pool", false],
    ["aws:ec2/natGateway:NatGateway", "secondaryPrivateIpAddressCount", 1, 2, false],
    ["aws:s3/bucketPolicy:BucketPolicy", "expectedBucketOwner", undefined, "111122223333", false],
  ])("of %s when %s goes from %p to %p is %p", (type, property, before, after, replaces) => {
    expect(replacement(type, property, before, after) !== null).toBe(replaces);
  });

  it("of a rule follows from another kind of source, not from another source", () => {
    expect(conditionalReplacements(RULE).map(({ property }) => property)).toContain("cidrIpv4");
    expect(replacement(RULE, "cidrIpv4", "0.0.0.0/0", "10.0.0.0/8")).toBeNull();
    expect(replacement(RULE, "cidrIpv4", "0.0.0.0/0", undefined)).toEqual({
      reason: "the kind of a rule's source or destination cannot be changed",
    });
  });
});
