import { short } from "../page/words";
import { json, type Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { table } from "../terminal/table";
import { alarmAttention } from "./alarmSubscriptions";
import { attention } from "./attention";
import { clientsOf } from "./clients";
import { popStatus, type NodeStatus, type PopStatus } from "./popStatus";
import { renewal, renewalText, type Renewal } from "./renewal";
import { deployment, notDeployedText, type Deployment, type StackOptions } from "./pops";

export interface StatusOptions extends StackOptions {
  readonly json?: true;
}

/** A deployment at one moment. */
export interface Status {
  readonly stack: string;
  /** Sorted by region. */
  readonly pops: readonly (PopStatus & { readonly attention: readonly string[] })[];
  /** Regions that the stack file has and the deployment does not, as far as its outputs tell. */
  readonly notDeployed: readonly string[];
  /** What needs attention of who hears alarms. */
  readonly alarms: readonly string[];
}

/** What `footprint status --json` prints. */
export interface StatusReport extends Status {
  readonly renewal: Renewal;
}

/** Looks at every PoP of a deployment. @returns the exit status: 0 when nothing needs attention */
export async function runStatus(options: StatusOptions, terminal: Terminal, folder?: string): Promise<number> {
  const deployed = await deployment(options, [], terminal, folder);
  const [looked, age] = await Promise.all([lookAt(deployed), renewal(deployed)]);
  const status: StatusReport = { ...looked, renewal: age };
  terminal.out(options.json === true ? json(status) : text(status, terminal.style));
  return isWell(status) ? exitCodes.ok : exitCodes.failure;
}

/** @param clients those of a region; who looks again and again keeps them, with their connections and credentials */
export async function lookAt(
  { stack, pops, notDeployed }: Pick<Deployment, "stack" | "pops" | "notDeployed">,
  clients = clientsOf,
): Promise<Status> {
  const [found, alarms] = await Promise.all([
    Promise.all(pops.map((pop) => popStatus(pop, clients(pop.region)))),
    alarmAttention(
      pops.map(({ region }) => region),
      clients,
    ),
  ]);
  return { stack, pops: found.map((pop) => ({ ...pop, attention: attention(pop) })), notDeployed, alarms };
}

/** What was not looked at is not known to be well. */
function isWell({ pops, notDeployed, alarms, renewal: { attention: old } }: StatusReport): boolean {
  return (
    notDeployed.length === 0 &&
    alarms.length === 0 &&
    old.length === 0 &&
    pops.every((pop) => pop.attention.length === 0)
  );
}

type Style = Terminal["style"];

function text(status: StatusReport, style: Style): string {
  const { stack, pops, notDeployed, alarms } = status;
  const age = renewalText(status.renewal);
  const open = [
    ...pops.flatMap((pop) => pop.attention.map((what) => `${pop.region}: ${what}`)),
    ...alarms,
    ...status.renewal.attention,
  ].map((what) => `  ${style.yellow("!")} ${what}\n`);
  return [
    `${style.bold(stack)}: ${isWell(status) ? style.green("all well") : style.yellow("needs attention")}\n`,
    `${table(
      [
        "region",
        "state",
        "in service",
        "healthy",
        "reporting",
        "configuration",
        "purge lag",
        "secrets",
        "last refresh",
      ],
      pops.map((pop) => row(pop, style)),
      style,
    )}\n`,
    ...(age === "" ? [] : [`Nodes are made of: ${age}\n`]),
    ...(open.length === 0 ? [] : [`${style.bold("Needs attention")}\n${open.join("")}`]),
    ...(notDeployed.length === 0 ? [] : [`${notDeployedText(notDeployed)}\n`]),
  ].join("\n");
}

function row(pop: PopStatus, style: Style): readonly string[] {
  const nodes = pop.nodes.filter(({ lifecycle }) => lifecycle === null || lifecycle === "InService");
  const reporting = nodes.filter(({ reports }) => reports);
  const of = (matching: number): string => `${String(matching)} of ${String(nodes.length)}`;
  const healthy = reporting.filter(({ health }) => health?.node === "ok").length;
  const known = pop.unreadable.every(({ part }) => part !== "node reports");
  return [
    pop.region,
    stateText(pop, style),
    pop.group === null ? style.red("unknown") : `${String(pop.group.inService)} of ${String(pop.group.desired)}`,
    ...(known ? [of(healthy), of(reporting.length)] : [style.red("unknown"), style.red("unknown")]),
    configurationText(pop, reporting),
    lagText(reporting),
    secretsText(pop, reporting),
    pop.group?.refresh?.status ?? "",
  ];
}

function stateText({ state, drained, unreadable }: PopStatus, style: Style): string {
  if (drained !== null) {
    return style.red("switched off");
  }
  if (unreadable.some(({ part }) => part === "drain switch")) {
    return style.red("unknown");
  }
  return state === "active" ? style.green("active") : style.yellow(state);
}

/** Which configuration how many nodes run: `1a2b3c4d5e6f (6)` once all run what is wanted. */
function configurationText({ configuration }: PopStatus, nodes: readonly NodeStatus[]): string {
  if (configuration === null) {
    return "unknown";
  }
  const counts = new Map<string, number>([[short(configuration.wanted), 0]]);
  for (const { configuration: own } of nodes) {
    const name = own?.generation == null ? "none" : short(own.generation);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const all = [...counts].map(([name, count]) => `${name} (${String(count)})`).join(", ");
  return counts.size === 1 ? all : `adopting ${all}`;
}

function secretsText({ configuration }: PopStatus, nodes: readonly NodeStatus[]): string {
  if (configuration === null) {
    return "unknown";
  }
  const behind = nodes.filter(({ secretsUpToDate }) => secretsUpToDate !== true).length;
  return behind === 0 ? "up to date" : `${String(behind)} behind`;
}

function lagText(nodes: readonly NodeStatus[]): string {
  const lags = nodes.flatMap(({ purge }) => (purge?.lag == null ? [] : [purge.lag]));
  return lags.length === 0 ? "" : `${String(Math.round(Math.max(...lags)))} s`;
}
