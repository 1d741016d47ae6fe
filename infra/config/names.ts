import { domainToASCII } from "node:url";

/** A host or zone name as a person may have written it, in the one form that is compared: lower case, no final dot. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Whether the name is a DNS host name of two labels or more (RFC 1123; internationalized ones in their ASCII form). */
export function isHostName(name: string): boolean {
  const labels = name.split(".");
  return (
    name.length <= 253 &&
    labels.length >= 2 &&
    labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) &&
    // A last label of digits would make it an address (RFC 3696, section 2).
    !/^\d+$/.test(labels[labels.length - 1] ?? "")
  );
}

/** What to write in place of a name in other letters than ASCII's (UTS #46, as browsers look such names up), in words. */
export function asciiHint(name: string): string {
  const ascii = /[^\x20-\x7e]/.test(name) ? domainToASCII(canonicalName(name)) : "";
  return ascii === "" ? "" : `; in ASCII, as DNS has it, that is "${ascii}"`;
}

/** Whether the name is the zone's apex or a name below it. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

interface NamedZones {
  readonly zones: Readonly<Record<string, { readonly primary?: true | undefined }>>;
  readonly popDomain?: string | undefined;
}

/** The zone that holds the PoPs' own names: the only one, or the one that says so. */
export function primaryZoneOf({ zones }: NamedZones): string | undefined {
  const names = Object.keys(zones).sort();
  return names.length === 1 ? names[0] : names.find((name) => zones[name]?.primary);
}

/** Where the PoPs' own names live. */
export function popDomainOf({ popDomain }: NamedZones, primaryZone: string): string {
  return popDomain ?? `pop.${primaryZone}`;
}

/** The zone that a host belongs to: of those that it ends with, the longest. */
export function zoneOf(host: string, zones: readonly string[]): string | undefined {
  return zones.filter((zone) => isWithin(host, zone)).sort((a, b) => b.length - a.length)[0];
}
