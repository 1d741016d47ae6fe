import {
  ChangeResourceRecordSetsCommand,
  ListHealthChecksCommand,
  Route53Client,
  waitUntilResourceRecordSetsChanged,
  type Change,
  type ResourceRecordSet,
  type RRType,
} from "@aws-sdk/client-route-53";
import { popName } from "../../components/popRouting";
import type { FootprintConfig, SiteConfig } from "../config/model";
import { canonicalName } from "../config/names";
import { configOfStack } from "../config/ofStack";
import { didYouMean } from "../config/problems";
import { awsReason } from "../terminal/awsReason";
import { confirm, json, type Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { clientOptions } from "./clients";
import { deployment, type StackOptions } from "./pops";
import { formerTypes, isOfPop, recordsAt, recordText } from "./records";

export interface CutoverOptions extends StackOptions {
  readonly host: string;
  readonly json?: true;
  readonly yes?: true;
}

/** What `footprint cutover --json` prints. */
export interface Cutover {
  readonly stack: string;
  readonly host: string;
  readonly zoneId: string;
  /** The change batch, as ChangeResourceRecordSets takes it; empty when the host leads here already. */
  readonly changes: readonly Change[];
  /** The batch that makes all as it was before. */
  readonly back: readonly Change[];
  /** Whether the batch was sent, and every name server of Route 53 answers by it. */
  readonly sent: boolean;
  readonly inSync: boolean;
}

const ADDRESS_TYPES: readonly RRType[] = ["A", "AAAA"];

/** Seconds in which Route 53's name servers have a change; it says 60. */
const IN_SYNC = 300;

/**
 * Has a host that another CDN serves lead to the PoPs: its present records go and the latency records come, in one
 * batch, which Route 53 carries out as a whole or not at all. They are those that the program writes, so that `up` takes
 * them over as they are.
 *
 * @param zoneIdOf id of the public zone of a name, for zones that the stack makes
 * @returns the exit status
 */
export async function runCutover(
  options: CutoverOptions,
  zoneIdOf: (zone: string) => Promise<string>,
  terminal: Terminal,
  folder?: string,
): Promise<number> {
  const { stack } = options;
  const config = configOfStack(stack, folder);
  const site = siteOf(config, options.host);
  const { pops } = await deployment(options, [], terminal, folder);
  const regions = pops.filter(({ state }) => state === "active").map(({ region }) => region);
  if (regions.length === 0) {
    throw new UserError(`stack ${stack} has no active PoP that ${site.host} could lead to; nothing was changed`);
  }
  // Route 53 has one control plane.
  const route53 = new Route53Client(clientOptions("route53", "us-east-1"));
  const idOf = async (name: string): Promise<string> =>
    config.zones.find((zone) => zone.name === name)?.id ?? (await zoneIdOf(name));

  const zoneId = await idOf(site.zone);
  const [atHost, wanted] = await asked(async () =>
    Promise.all([
      recordsAt(site.host, zoneId, route53),
      latencyRecords(site.host, regions, config, await idOf(config.primaryZone), route53),
    ]),
  );
  const types = formerTypes(site.host, config);
  const present = atHost.filter(({ Type = "" }) => types.includes(Type));
  const former = present.filter((record) => !isOfPop(record, regions));
  const missing = wanted.filter((record) => !present.some((each) => isSame(each, record)));
  const changes = [...all("DELETE", former), ...all("CREATE", missing)];
  const back = [...all("DELETE", missing), ...all("CREATE", former)];
  const found = { stack, host: site.host, zoneId, changes, back };
  if (changes.length === 0) {
    terminal.say(`${site.host} leads to the PoPs already. ${NEXT}`);
    return finish({ ...found, sent: false, inSync: true }, options, terminal);
  }

  terminal.say(batchText(found, former, missing));
  await confirm(terminal, `Send this batch? ${site.host} then leads to ${regions.join(", ")}.`, options.yes);
  const inSync = await send(route53, zoneId, changes);
  terminal.say(
    inSync
      ? `${site.host} leads to the PoPs. ${oldAnswers(former)} ${NEXT}`
      : `Route 53 has taken the batch, and its name servers do not all have it after ${String(IN_SYNC)} s: \`dig ${site.host}\` shows when they do.`,
  );
  return finish({ ...found, sent: true, inSync }, options, terminal);
}

const NEXT = "Now take `dns: later` out of the stack file, and `pulumi up`: it takes the records over as they are.";

function siteOf({ sites, stack }: FootprintConfig, given: string): SiteConfig {
  const host = canonicalName(given);
  const site = sites.find((each) => each.host === host);
  if (site === undefined) {
    const hosts = sites.map((each) => each.host);
    throw new UserError(
      `--host: must be a site of stack ${stack}, got "${given}"${didYouMean(host, hosts)}; there are: ${hosts.join(", ")}`,
      exitCodes.usage,
    );
  }
  if (site.dns === "now") {
    throw new UserError(
      `--host: must be a site with \`dns: later\` in the stack file, got "${given}", whose records are \`pulumi up\`'s already`,
      exitCodes.usage,
    );
  }
  return site;
}

/** The records of a host as the program declares them. Where a PoP is, its own name knows. */
async function latencyRecords(
  host: string,
  regions: readonly string[],
  { popDomain }: FootprintConfig,
  popZoneId: string,
  route53: Route53Client,
): Promise<readonly ResourceRecordSet[]> {
  const checks = await healthChecks(route53);
  const records = await Promise.all(
    regions.map(async (region) => {
      const own = popName(region, popDomain);
      const target = (await recordsAt(own, popZoneId, route53)).find(({ Type }) => Type === "A")?.AliasTarget;
      const HealthCheckId = checks.get(own);
      if (target === undefined || HealthCheckId === undefined) {
        throw new UserError(
          `${own} has no ${target === undefined ? "address" : "health check"}: is the PoP deployed as a whole? (\`pulumi up\`)`,
        );
      }
      return ADDRESS_TYPES.map((Type): ResourceRecordSet => ({
        Name: `${host}.`,
        Type,
        SetIdentifier: region,
        Region: region as "eu-west-1",
        HealthCheckId,
        AliasTarget: { ...target, EvaluateTargetHealth: true },
      }));
    }),
  );
  return records.flat();
}

/** Id of each health check, by the name that it asks. */
async function healthChecks(route53: Route53Client): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let Marker: string | undefined;
  do {
    const page = await route53.send(new ListHealthChecksCommand(Marker === undefined ? {} : { Marker }));
    for (const { Id = "", HealthCheckConfig } of page.HealthChecks ?? []) {
      found.set(canonicalName(HealthCheckConfig?.FullyQualifiedDomainName ?? ""), Id);
    }
    Marker = page.IsTruncated === true ? page.NextMarker : undefined;
  } while (Marker !== undefined);
  return found;
}

function isSame(a: ResourceRecordSet, b: ResourceRecordSet): boolean {
  return a.Type === b.Type && a.SetIdentifier === b.SetIdentifier;
}

function all(Action: Change["Action"], records: readonly ResourceRecordSet[]): readonly Change[] {
  return records.map((ResourceRecordSet) => ({ Action, ResourceRecordSet }));
}

/** Sends a batch. @returns whether all name servers of Route 53 have it */
async function send(route53: Route53Client, zoneId: string, changes: readonly Change[]): Promise<boolean> {
  const { ChangeInfo } = await asked(() =>
    route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes: [...changes] } })),
  );
  try {
    await waitUntilResourceRecordSetsChanged({ client: route53, maxWaitTime: IN_SYNC }, { Id: ChangeInfo?.Id });
    return true;
  } catch {
    return false;
  }
}

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`Route 53: ${awsReason(error)}; nothing was changed`);
  }
}

function batchText(
  { zoneId, host, back }: Pick<Cutover, "zoneId" | "host" | "back">,
  former: readonly ResourceRecordSet[],
  missing: readonly ResourceRecordSet[],
): string {
  return [
    `${host}, one change batch in ${zoneId}:`,
    ...former.map((record) => `  - ${recordText(record)}, TTL ${String(record.TTL ?? 60)}`),
    ...missing.map((record) => `  + ${recordText(record)}`),
    `The way back, until \`pulumi up\` has taken the records over; keep it:`,
    `  aws route53 change-resource-record-sets --hosted-zone-id ${zoneId} --change-batch '${JSON.stringify({ Changes: back })}'`,
  ].join("\n");
}

/** An alias has no TTL of its own; Route 53 gives 60 s. */
function oldAnswers(former: readonly ResourceRecordSet[]): string {
  return `Resolvers may give the former answer for ${String(Math.max(0, ...former.map(({ TTL = 60 }) => TTL)))} s more.`;
}

function finish(result: Cutover, options: CutoverOptions, terminal: Terminal): number {
  if (options.json === true) {
    terminal.out(json(result));
  }
  return result.inSync ? exitCodes.ok : exitCodes.failure;
}
