// What Route 53 answers, as data. Pure.

import type { Answer } from "dns-packet";
import { chosen, type Figures, type Health } from "./choose";
import type { Declared, HostedZone, RecordSet } from "./declared";

export interface Question {
  /** As it was asked; case does not matter (RFC 4343). */
  readonly name: string;
  /** Such as "A"; "UNKNOWN_65" for what the codec has no name for. */
  readonly type: string;
}

export interface Reply {
  readonly rcode: Rcode;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  /** Whether it would be another for somebody elsewhere. */
  readonly tailored: boolean;
}

/** RFC 1035, 4.1.1. */
export type Rcode = (typeof RCODES)[keyof typeof RCODES];

export const RCODES = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

/** A load balancer, as its DNS name shows it. */
export interface LoadBalancer {
  readonly healthy: boolean;
  /** IPv4 and IPv6 addresses that its name has now: of zones with healthy targets, and of all zones where none has any. */
  readonly addresses: readonly string[];
}

/** All that an answer depends on, beside who asks. */
export interface Known {
  readonly declared: Declared;
  /** By DNS name in lower case; undefined for one that is not there. */
  readonly loadBalancer: (dnsName: string) => LoadBalancer | undefined;
  /** Whether a health check succeeds, by its id. */
  readonly check: Health["check"];
}

/** Of alias records of load balancers, seconds; AWS sets it ("Choosing between alias and non-alias records"). */
const ALIAS_TTL = 60;

/** As Route 53 makes them for each zone ("NS and SOA records that Amazon Route 53 creates for a public hosted zone"). */
const NS_TTL = 172_800;
const SOA_TTL = 900;
const SOA = { serial: 1, refresh: 7200, retry: 900, expire: 1_209_600, minimum: 86_400 };
const SOA_MAIL = "awsdns-hostmaster.amazon.com";

/** @param figures of who asks */
export function answerTo(question: Question, figures: Figures, known: Known): Reply {
  const name = question.name.toLowerCase();
  const zone = zoneOf(name, known.declared);
  if (zone === undefined) {
    return { rcode: RCODES.REFUSED, answers: [], authorities: [], tailored: false };
  }
  const records = known.declared.records.filter(({ zoneId }) => zoneId === zone.id);
  const here = records.filter((record) => record.name === name);
  if (here.length === 0 && name !== zone.name) {
    // A name that has names below it is there, if empty (RFC 8020).
    const exists = records.some((record) => record.name.endsWith(`.${name}`));
    return negative(zone, exists ? RCODES.NOERROR : RCODES.NXDOMAIN);
  }
  if (question.type === "ANY") {
    // RFC 8482, 4.2: not all that there is.
    return positive([{ type: "HINFO", name: question.name, ttl: SOA_TTL, data: { cpu: "RFC8482", os: "" } }]);
  }
  if (name === zone.name && (question.type === "SOA" || question.type === "NS")) {
    return positive(question.type === "SOA" ? [soa(zone, question.name)] : nameServers(zone, question.name));
  }
  const group = here.filter(({ type }) => type === question.type || type === "CNAME");
  const health: Health = { check: known.check, loadBalancer: (dns) => known.loadBalancer(dns)?.healthy ?? false };
  const record = chosen(group, figures, health);
  const answers = record === undefined ? [] : answersOf(record, question.name, known);
  const tailored = group.length > 1;
  return answers.length === 0 ? { ...negative(zone, RCODES.NOERROR), tailored } : { ...positive(answers), tailored };
}

/**
 * The zone with the longest name that the name is in. There may be several of one name, and registrars delegate to one of
 * them: here to one that has records.
 */
function zoneOf(name: string, { zones, records }: Declared): HostedZone | undefined {
  const used = new Set(records.map(({ zoneId }) => zoneId));
  return zones
    .filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`))
    .sort((a, b) => b.name.length - a.name.length || Number(used.has(b.id)) - Number(used.has(a.id)))[0];
}

function positive(answers: readonly Answer[]): Reply {
  return { rcode: RCODES.NOERROR, answers, authorities: [], tailored: false };
}

/** RFC 2308, 3: the SOA record says how long it may be kept, the less of its TTL and its last field. */
function negative(zone: HostedZone, rcode: Rcode): Reply {
  return { rcode, answers: [], authorities: [soa(zone, zone.name)], tailored: false };
}

function soa(zone: HostedZone, name: string): Answer {
  return { type: "SOA", name, ttl: SOA_TTL, data: { mname: zone.nameServers[0] ?? "", rname: SOA_MAIL, ...SOA } };
}

function nameServers(zone: HostedZone, name: string): Answer[] {
  return zone.nameServers.map((data) => ({ type: "NS", name, ttl: NS_TTL, data }));
}

function answersOf({ type, value }: RecordSet, name: string, known: Known): Answer[] {
  if (value.kind === "alias") {
    const isWanted = (address: string): boolean => address.includes(":") === (type === "AAAA");
    const addresses = known.loadBalancer(value.target)?.addresses.filter(isWanted) ?? [];
    return addresses.map((data) => ({ type: type === "AAAA" ? type : "A", name, ttl: ALIAS_TTL, data }));
  }
  const { ttl } = value;
  return value.values.map((data): Answer =>
    type === "CAA" ? { type, name, ttl, data: caa(data) } : { type, name, ttl, data },
  );
}

/** RFC 8659, 4.1.1. */
function caa(text: string): { flags: number; tag: "issue" | "issuewild" | "iodef"; value: string } {
  const [, flags, tag, value] = /^(\d+) (issue|issuewild|iodef) "(.*)"$/.exec(text) ?? [];
  if (flags === undefined || value === undefined || (tag !== "issue" && tag !== "issuewild" && tag !== "iodef")) {
    throw new Error(`the value of a CAA record must be like 0 issue "amazon.com", got ${text}`);
  }
  return { flags: Number(flags), tag, value };
}
