import type { HostedZone } from "@aws-sdk/client-route-53";

/** Value of an SSM parameter in a region, with the caller's credentials. */
export async function parameterValue(region: string, name: string): Promise<string> {
  const { accountOptions } = await import("../terminal/account");
  const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
  const client = new SSMClient(accountOptions("ssm", region));
  const { Parameter } = await client.send(new GetParameterCommand({ Name: name }));
  return Parameter?.Value ?? "";
}

/** Every hosted zone of the account with exactly that name. */
export async function hostedZones(name: string): Promise<readonly HostedZone[]> {
  const { accountOptions } = await import("../terminal/account");
  const { ListHostedZonesByNameCommand, Route53Client } = await import("@aws-sdk/client-route-53");
  // Route 53 is global; its control plane and the signature's region are us-east-1.
  const client = new Route53Client(accountOptions("route53", "us-east-1"));
  const found: HostedZone[] = [];
  let from: { DNSName?: string; HostedZoneId?: string } = { DNSName: name };
  for (;;) {
    const page = await client.send(new ListHostedZonesByNameCommand(from));
    const zones = page.HostedZones ?? [];
    const named = zones.filter((zone) => zone.Name === `${name}.`);
    found.push(...named);
    // Zones come in the order of their names, from the one asked for on.
    if (page.IsTruncated !== true || named.length < zones.length) {
      return found;
    }
    from = { DNSName: page.NextDNSName, HostedZoneId: page.NextHostedZoneId };
  }
}
