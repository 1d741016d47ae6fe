import { ListResourceRecordSetsCommand, type ResourceRecordSet, type Route53Client } from "@aws-sdk/client-route-53";
import type { FootprintConfig } from "../config/model";
import { canonicalName } from "../config/names";

/** What browsers ask for beside addresses, and go by: other addresses, protocols and keys may be in it (RFC 9460). */
export const SERVICE_TYPES: readonly string[] = ["HTTPS", "SVCB"];

const ADDRESS_TYPES: readonly string[] = ["A", "AAAA"];

/** Types of records by which clients may come to somebody else, at a host that leads to the PoPs. */
const LEADING_TYPES: readonly string[] = [...ADDRESS_TYPES, "CNAME", ...SERVICE_TYPES];

/**
 * Types of a host's records that go when it changes over to the PoPs. Its CAA records are among them, since the program
 * writes its own; those of an apex govern the whole zone (RFC 8659, section 3), and are its owner's.
 */
export function formerTypes(host: string, { zones }: Pick<FootprintConfig, "zones">): readonly string[] {
  return zones.some(({ name }) => name === host) ? LEADING_TYPES : [...LEADING_TYPES, "CAA"];
}

/** Whether a record leads to one of the PoPs in these regions, as the program writes it. */
export function isOfPop({ Type, SetIdentifier, Region }: ResourceRecordSet, regions: readonly string[]): boolean {
  return (
    Type !== undefined &&
    ADDRESS_TYPES.includes(Type) &&
    SetIdentifier !== undefined &&
    SetIdentifier === Region &&
    regions.includes(SetIdentifier)
  );
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
