import { Resolver } from "node:dns/promises";
import { placeholders } from "../config/complete";
import { loadConfig } from "../config/load";
import type { FootprintConfig } from "../config/model";
import { stackConfigFromFile } from "../config/stackFile";
import { bareName, stackFile } from "../config/stacks";
import { buildPlan } from "../plan/build";
import type { Plan } from "../plan/model";
import { withProgress } from "../plan/run";
import { json, type Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { plain } from "../terminal/plain";
import { alarmsRegion, caller, regionsEnabled, serviceLinkedRoles } from "./account";
import { accountClients, regionalClients } from "./clients";
import { domains, type Lookup } from "./domain";
import { about, type Line, type Verdict } from "./line";
import { nodePackages } from "./packages";
import { accountQuotas, regionQuotas, zoneQuotas } from "./quotas";
import { popNeeds } from "./regional";

export interface CheckOptions {
  readonly stack: string;
  readonly json?: true;
}

/** What `footprint check --json` prints. */
export interface Check {
  readonly stack: string;
  readonly account: string;
  /** Nothing fails, and everything could be looked at. */
  readonly ok: boolean;
  readonly lines: readonly Line[];
}

/** Seconds, and tries, until a name server counts as silent. */
const DNS = { timeout: 5000, tries: 3 };

/**
 * Looks at all that an `up` of a stack file needs of its account and of the DNS, and touches nothing.
 *
 * @returns the exit status: 0 when nothing fails
 * @throws ConfigError for a stack file with mistakes; UserError when AWS cannot be asked at all
 */
export async function runCheck(
  options: CheckOptions,
  terminal: Terminal,
  folder?: string,
  lookup: Lookup = new Resolver(DNS),
): Promise<number> {
  const stack = bareName(options.stack);
  const values = stackConfigFromFile(stackFile(stack, folder));
  const config = loadConfig(stack, values);
  const plan = await withProgress(`planning ${stack} ...`, () => buildPlan(stack, values));
  const found = await withProgress(`checking ${stack} ...`, () => check(config, plan, lookup));
  terminal.out(options.json === true ? json(found) : text(found, terminal.style));
  return found.ok ? exitCodes.ok : exitCodes.failure;
}

async function check(config: FootprintConfig, plan: Plan, lookup: Lookup): Promise<Check> {
  const { stack, pops, homeRegion } = config;
  const clients = accountClients(homeRegion);
  const account = await caller(clients);
  const regions = await regionsEnabled(
    clients,
    pops.map(({ region }) => region),
  );
  const looks = await Promise.all([
    alarmsRegion(clients),
    serviceLinkedRoles(clients, config),
    accountQuotas(plan.quotas, clients),
    nodePackages(config.packagesBucket, clients),
    domains(config, clients.route53, lookup),
    ...config.zones.map((zone) => zoneQuotas(zone, plan.zoneQuotas[zone.name] ?? [], clients)),
    ...pops
      .filter(({ region }) => !regions.closed.has(region))
      .flatMap((pop) => {
        const regional = regionalClients(pop.region);
        const quotas = plan.pops[pop.region]?.quotas ?? [];
        return [popNeeds(config, pop, regional), regionQuotas(stack, pop.region, quotas, regional)];
      }),
  ]);
  const all = [...chosen(config), ...regions.lines, ...looks.flat()].map((line) => ({
    ...line,
    found: plain(line.found),
  }));
  return { stack, account, ok: all.every(({ verdict }) => verdict === "ok" || verdict === "warning"), lines: all };
}

/** What nobody has chosen yet, which an `up` refuses. */
function chosen(config: FootprintConfig): readonly Line[] {
  return placeholders(config).map(({ path, problem, command }) => about("stack file", path).fails(problem, command));
}

const WORST_FIRST: readonly Verdict[] = ["fails", "unknown", "warning", "ok"];

function text({ stack, account, lines }: Check, style: Terminal["style"]): string {
  const colour = { ok: style.green, warning: style.yellow, fails: style.red, unknown: style.red };
  const counts = WORST_FIRST.map(
    (verdict) => [lines.filter((line) => line.verdict === verdict).length, verdict] as const,
  )
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${String(count)} ${verdict}`);
  const width = Math.max(...lines.map(({ where }) => where.length));
  const sorted = WORST_FIRST.flatMap((verdict) => lines.filter((line) => line.verdict === verdict));
  return [
    `${style.bold(stack)}, account ${account}: ${counts.join(", ")}`,
    ...sorted.map(
      ({ where, what, verdict, found, todo }) =>
        `  ${colour[verdict](verdict.padEnd(7))}  ${where.padEnd(width)}  ${what}: ${found}${todo === null ? "" : `; ${style.bold("do")}: ${todo}`}`,
    ),
    "",
  ].join("\n");
}
