import { ListResourceRecordSetsCommand, type ResourceRecordSet, type Route53Client } from "@aws-sdk/client-route-53";
import { canonicalName } from "../config/names";

/** Types that the footprint writes at a host, and the one that leaves no room beside it. */
export const HOST_TYPES: readonly string[] = ["A", "AAAA", "CAA", "CNAME"];

/** Whether a record leads to one of the PoPs in these regions, as the program writes it. */
export function isOfPop({ SetIdentifier, Region }: ResourceRecordSet, regions: readonly string[]): boolean {
  return SetIdentifier !== undefined && SetIdentifier === Region && regions.includes(SetIdentifier);
}

/** All records of a name. */
export async function recordsAt(
  name: string,
  zone: string,
  route53: Route53Client,
): Promise<readonly ResourceRecordSet[]> {
  const found: ResourceRecordSet[] = [];
  let from: { StartRecordName: string; StartRecordType?: ResourceRecordSet["Type"]; StartRecordIdentifier?: string } = {
    StartRecordName: name,
  };
  for (;;) {
    const page = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, ...from }));
    const sets = page.ResourceRecordSets ?? [];
    const named = sets.filter((record) => canonicalName(record.Name ?? "") === name);
    found.push(...named);
    // Records come in the order of their names, from the one asked for on.
    if (page.IsTruncated !== true || named.length < sets.length || page.NextRecordName === undefined) {
      return found;
    }
    from = {
      StartRecordName: page.NextRecordName,
      StartRecordType: page.NextRecordType,
      ...(page.NextRecordIdentifier === undefined ? {} : { StartRecordIdentifier: page.NextRecordIdentifier }),
    };
  }
}

/** A record as a person reads it. */
export function recordText({ Type, SetIdentifier, AliasTarget, ResourceRecords = [] }: ResourceRecordSet): string {
  const to = AliasTarget?.DNSName ?? ResourceRecords.map(({ Value = "" }) => Value).join(" ");
  return `${String(Type)}${SetIdentifier === undefined ? "" : ` (${SetIdentifier})`} ${to}`;
}
