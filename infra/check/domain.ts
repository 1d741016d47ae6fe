import type { CaaRecord } from "node:dns";
import type { Resolver } from "node:dns/promises";
import { GetHostedZoneCommand, type ResourceRecordSet, type Route53Client } from "@aws-sdk/client-route-53";
import { ISSUERS } from "../../components/hostedZones";
import { popName } from "../../components/popRouting";
import type { FootprintConfig, SiteConfig } from "../config/model";
import { canonicalName } from "../config/names";
import { formerTypes, isOfPop, recordsAt, recordText, SERVICE_TYPES } from "../operate/records";
import { look, unlessMissing, type About, type Line } from "./line";

/** What is asked of the DNS at large, by the resolver of this machine. */
export type Lookup = Pick<Resolver, "resolveCaa" | "resolveNs">;

/** What a footprint's names need: zones that the world finds, leave for Amazon to issue, nobody else in the place. */
export async function domains(
  config: FootprintConfig,
  route53: Route53Client,
  lookup: Lookup,
): Promise<readonly Line[]> {
  const { zones, sites } = config;
  const lines = await Promise.all([
    ...zones.map(({ name, id }) =>
      look(name, "zone", (line) => (id === undefined ? toBeMade(line) : delegation(line, name, id, route53, lookup))),
    ),
    ...sites.map((site) => look(site.host, "CAA", (line) => issuance(line, config, site, lookup))),
    ...zones.flatMap(({ name, id }) =>
      id === undefined
        ? []
        : namesIn(config, name).map((place) =>
            look(place.name, "records", (line) => presentRecords(line, place, id, route53)),
          ),
    ),
  ]);
  return lines.flat();
}

function toBeMade(line: About): Promise<Line> {
  return Promise.resolve(
    line.warning(
      "the stack makes it, and certificates wait until it is delegated",
      "delegate it as soon as `up` says its name servers (stacks/README.md)",
    ),
  );
}

async function delegation(
  line: About,
  name: string,
  id: string,
  route53: Route53Client,
  lookup: Lookup,
): Promise<Line> {
  const answer = await unlessMissing(route53.send(new GetHostedZoneCommand({ Id: id })));
  if (answer === undefined) {
    return line.fails(`the account has no zone ${id}`, `footprint zone-id ${name}`);
  }
  const { HostedZone, DelegationSet } = answer;
  const own = (DelegationSet?.NameServers ?? []).map(canonicalName).sort();
  const found = canonicalName(HostedZone?.Name ?? "");
  if (found !== name || HostedZone?.Config?.PrivateZone === true) {
    return line.fails(
      `${id} is the ${HostedZone?.Config?.PrivateZone === true ? "private " : ""}zone ${found}`,
      `footprint zone-id ${name}`,
    );
  }
  const asked = (await noneIfMissing(lookup.resolveNs(name))).map(canonicalName).sort();
  const delegate = `have its parent zone, or its registrar, name ${own.join(", ")}`;
  if (asked.length === 0) {
    return line.fails("is not delegated: the DNS knows no name server of it", delegate);
  }
  const strangers = asked.filter((server) => !own.includes(server));
  return strangers.length === 0
    ? line.ok(`${id}, delegated to ${asked.join(", ")}`)
    : line.fails(`is delegated to ${strangers.join(", ")}, which are not those of ${id}`, delegate);
}

/**
 * The CAA records that govern a name are those of the nearest name above it that has any (RFC 8659, section 3). The
 * footprint writes its own at each host that leads to it, but for an apex, before it asks for a certificate.
 */
async function issuance(line: About, config: FootprintConfig, site: SiteConfig, lookup: Lookup): Promise<Line> {
  if (site.dns === "now" && config.zones.every((zone) => zone.name !== site.host || zone.caaAtApex)) {
    return line.ok("the footprint writes its own, which lets Amazon issue");
  }
  const labels = site.host.split(".");
  for (const name of labels.map((_, index) => labels.slice(index).join("."))) {
    const records = await noneIfMissing(lookup.resolveCaa(name));
    if (records.length > 0) {
      return amazonMayIssue(records)
        ? line.ok(`what stands at ${name} lets Amazon issue`)
        : line.fails(
            `what stands at ${name} does not let Amazon issue`,
            `add \`0 issue "amazon.com"\` there${site.dns === "now" ? `, or zones.${site.zone}.caaAtApex: true` : ""}`,
          );
    }
  }
  return line.ok("nothing restricts who issues");
}

/** RFC 8659, section 4.2: without `issue` anybody may; what is critical and not understood forbids. */
function amazonMayIssue(records: readonly CaaRecord[]): boolean {
  const known = ["issue", "issuewild", "iodef", "contactemail", "contactphone"];
  const isForeign = (record: CaaRecord) =>
    record.critical !== 0 && !Object.keys(record).some((tag) => known.includes(tag));
  if (records.some(isForeign)) {
    return false;
  }
  const issuers = records.flatMap(({ issue }) =>
    issue === undefined ? [] : [issue.split(";")[0]?.trim().toLowerCase()],
  );
  return issuers.length === 0 || issuers.some((issuer = "") => ISSUERS.includes(issuer));
}

/** A name that the footprint puts records at, and what of records there is its own. */
interface Place {
  readonly name: string;
  /** Types of others' records that are in the way there. */
  readonly types: readonly string[];
  readonly isOwn: (record: ResourceRecordSet) => boolean;
  /** What to do about what is another's. */
  readonly todo: string;
}

/** What leaves no room beside it, and what makes the name another zone's. */
const ALONE = ["CNAME", "NS"];

function namesIn({ sites, zones, pops, primaryZone, popDomain }: FootprintConfig, zone: string): readonly Place[] {
  const regions = pops.map(({ region }) => region);
  const hosts = sites
    // What leads elsewhere until a cut-over is meant to be there.
    .filter((site) => site.zone === zone && site.dns === "now")
    .map(({ host }): Place => ({
      name: host,
      // Each zone has name servers at its apex.
      types: [...formerTypes(host, { zones }), ...(host === zone ? [] : ["NS"])],
      isOwn: (record) => isCaaOfOurs(record) || isOfPop(record, regions),
      todo: "`up` cannot take the name over while they are there: see the runbook, _Take a host over from another CDN_",
    }));
  const apexes = zones
    .filter(({ name, caaAtApex }) => name === zone && caaAtApex)
    .map(({ name }): Place => ({
      ...{ name, types: ["CAA"], isOwn: isCaaOfOurs },
      todo: `\`up\` writes its own in their place: delete them, or take zones.${name}.caaAtApex out`,
    }));
  const own = ({ AliasTarget }: ResourceRecordSet): boolean => AliasTarget !== undefined;
  const popPlaces = [
    { name: popDomain, types: ["CAA", ...ALONE], isOwn: isCaaOfOurs },
    ...regions.map((region) => ({ name: popName(region, popDomain), types: ["A", "AAAA", ...ALONE], isOwn: own })),
  ].map((place): Place => ({ ...place, todo: "delete them, or choose another zone as the primary one" }));
  return [...hosts, ...apexes, ...(zone === primaryZone ? popPlaces : [])];
}

function isCaaOfOurs({ Type, ResourceRecords = [] }: ResourceRecordSet): boolean {
  const issuers = ResourceRecords.map(({ Value = "" }) => /^0 issue(?:wild)? "(.*)"$/.exec(Value)?.[1] ?? "");
  return Type === "CAA" && issuers.every((issuer) => ISSUERS.includes(issuer));
}

async function presentRecords(
  line: About,
  { name, types, isOwn, todo }: Place,
  zone: string,
  route53: Route53Client,
): Promise<Line | readonly Line[]> {
  const records = await unlessMissing(recordsAt(name, zone, route53));
  if (records === undefined) {
    // Of the zone that is not there one line has been said.
    return [];
  }
  const foreign = records.filter((record) => types.includes(record.Type ?? "") && !isOwn(record));
  if (foreign.length === 0) {
    return line.ok(records.some(isOwn) ? "the footprint's own" : "none in the way");
  }
  return line.fails(
    `has ${foreign.map(recordText).join(", ")}`,
    foreign.every(({ Type = "" }) => SERVICE_TYPES.includes(Type))
      ? "delete them: browsers go by them, and not by the addresses alone (RFC 9460)"
      : todo,
  );
}

/** What the DNS says, and an empty list where it says that there is nothing; all else is no answer. */
async function noneIfMissing<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await answer;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOTFOUND" || code === "ENODATA") {
      return [];
    }
    throw error;
  }
}
