import type { NodeReport } from "../../components/node/protocol/nodeReport";
import type { Purge, Target } from "../../components/node/protocol/purgeLog";
import { awsReason } from "../terminal/awsReason";
import { confirm, json, type Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { table } from "../terminal/table";
import { clientsOf, type Clients } from "./clients";
import { readGroup, readNodes, readPointer, takesRequests, type Node } from "./look";
import { deployment, notDeployedText, popOf, type DeployedPop, type StackOptions } from "./pops";
import { publishPurge, type PurgeLog } from "./publish";
import { purgeKeys } from "./secretValues";
import { shieldsFirst, shieldsOf, type Published } from "./shields";
import { entries, targets, targetText, type TargetOptions } from "./targets";
import { timeout, until } from "./waiting";

export interface PurgeOptions extends StackOptions, TargetOptions {
  readonly soft?: true;
  readonly pop?: readonly string[];
  readonly wait?: true;
  /** Seconds, as given. */
  readonly timeout: string;
  readonly json?: true;
  readonly yes?: true;
}

/** What `footprint purge --json` prints. */
export interface PurgeResult {
  readonly stack: string;
  readonly soft: boolean;
  readonly targets: readonly Target[];
  /** Sorted by region. */
  readonly pops: readonly PopResult[];
  /** Regions that the stack file has and the deployment does not, as far as its outputs tell: nothing was done there. */
  readonly notDeployed: readonly string[];
}

interface PopResult {
  readonly region: string;
  /** Whether the region's log has all of it. */
  readonly taken: boolean;
  /** Numbers of the entries that it has. */
  readonly entries: readonly number[];
  /** Why it was not taken. */
  readonly error: string | null;
  /** Objects that its nodes have taken out, all together; null when they have not said so, or nobody counted. */
  readonly objects: number | null;
  /** Nodes that have said so. */
  readonly counting: number;
  /** With --wait: whether every node has carried it out, and how far each is. */
  readonly carriedOut?: boolean;
  readonly nodes?: readonly NodeResult[];
  /** With --wait: why the nodes could not be looked at. */
  readonly waitError?: string;
}

interface NodeResult {
  readonly instance: string;
  /** Number of the last entry that it has carried out; null when it has not reported lately. */
  readonly position: number | null;
  /** Heads of the log that it has refused since this one was published: nobody with the purge key had written them. */
  readonly refused: number;
  readonly carriedOut: boolean;
}

/** What nodes reported of the purge log before something was published, by instance. */
type Before = ReadonlyMap<string, NodeReport["purge"]>;

/** Seconds in which nodes say how many objects they have taken out: they look each second, and report a second later. */
const COUNTED_WITHIN = 5;

/**
 * Publishes a purge to every PoP at once.
 *
 * @returns the exit status: 0 when every PoP has taken it and, with --wait, every node has carried it out
 */
export async function runPurge(options: PurgeOptions, terminal: Terminal, folder?: string): Promise<number> {
  const seconds = timeout(options.timeout);
  const needed =
    options.wait === true ? (["configurationKeys", "nodeGroups"] as const) : (["configurationKeys"] as const);
  const deployed = await deployment(options, needed, terminal, folder);
  const { notDeployed } = deployed;
  const all = targets(options, deployed.hosts);
  const named = options.pop?.map((region) => popOf(deployed.pops, "--pop", region)) ?? deployed.pops;
  const shields = shieldsOf(deployed, all);
  const pops = [...new Set([...named, ...shields])];
  if (pops.length > new Set(named).size) {
    const more = shields.filter((pop) => !named.includes(pop)).map(({ region }) => region);
    terminal.say(`${more.join(", ")}: purged as well, since others fetch from there.`);
  }
  if (notDeployed.length > 0) {
    terminal.say(notDeployedText(notDeployed));
  }
  if (all.some(({ kind }) => kind === "all" || kind === "host")) {
    const what = all.filter(({ kind }) => kind === "all" || kind === "host").map(targetText);
    const where = pops.map(({ region }) => region).join(", ");
    const way = options.soft === true ? "Make stale" : "Take out of the cache";
    await confirm(terminal, `${way} ${what.join(", ")} in ${where}? Origins will see the requests.`, options.yes);
  }
  const purges = entries(all).map((part): Purge => ({
    at: new Date().toISOString(),
    soft: options.soft === true,
    targets: [...part],
  }));
  const known = new Map<string, string>(pops.map(({ region }) => [region, "not known"]));
  const whole = terminal.whenInterrupted(() => interruptedText(known));
  const logs = new Map<DeployedPop, Promise<PurgeLog>>();
  const logOf = (pop: DeployedPop): Promise<PurgeLog> => {
    const log = logs.get(pop) ?? logIn(pop, terminal);
    logs.set(pop, log);
    return log;
  };
  const publishing = shieldsFirst(shields, (pop, before) => publish(pop, before, purges, logOf));
  const results = await Promise.all(
    pops.map((pop) =>
      purgePop(pop, publishing, { seconds, wait: options.wait === true }, terminal, (state) =>
        known.set(pop.region, state),
      ),
    ),
  );
  whole();
  const soft = options.soft === true;
  const result: PurgeResult = { stack: options.stack, soft, targets: all, pops: results, notDeployed };
  terminal.out(options.json === true ? json(result) : text(result, terminal));
  const done = results.every(({ taken, carriedOut: all }) => taken && all !== false);
  // What was not named and may be deployed has not been purged.
  return done && (options.pop !== undefined || notDeployed.length === 0) ? exitCodes.ok : exitCodes.failure;
}

function interruptedText(known: ReadonlyMap<string, string>): string {
  const states = [...known].map(([region, state]) => `${region}: ${state}`);
  return `Interrupted. What was taken is carried out. ${states.join(", ")}. Run it again where it is not: twice does no harm.`;
}

async function purgePop(
  pop: DeployedPop,
  publishing: (pop: DeployedPop) => Promise<PopResult>,
  { seconds, wait }: { readonly seconds: number; readonly wait: boolean },
  terminal: Terminal,
  told: (state: string) => void,
): Promise<PopResult> {
  const clients = clientsOf(pop.region);
  // Of the reports alone: what Auto Scaling does must not hold up a purge.
  const nodes = wait ? await readNodes(clients, pop, undefined).catch(() => []) : [];
  const before: Before = new Map(
    nodes.flatMap(({ instance, report }) => (report === undefined ? [] : [[instance, report.purge]])),
  );
  const result = await publishing(pop);
  const state = result.taken ? `taken, entry ${result.entries.join(" ")}` : `not taken: ${result.error ?? ""}`;
  told(state);
  terminal.say(`${pop.region}: ${state}`);
  if (!result.taken) {
    return result;
  }
  if (wait) {
    return { ...result, ...(await carriedOut(clients, pop, result.entries, before, seconds, terminal)) };
  }
  const reports = await until(
    Math.min(seconds, COUNTED_WITHIN),
    () => readNodes(clients, pop, undefined),
    (all) => all.every((node) => hasCounted(node, result.entries)),
  );
  return "view" in reports ? { ...result, ...counted(reports.view, result.entries) } : result;
}

async function publish(
  pop: DeployedPop,
  before: readonly Published[],
  purges: readonly Purge[],
  logOf: (pop: DeployedPop) => Promise<PurgeLog>,
): Promise<PopResult> {
  const { region } = pop;
  const numbers: number[] = [];
  let error: string | null = null;
  try {
    const log = {
      ...(await logOf(pop)),
      before: await Promise.all(before.filter(({ taken }) => taken).map((each) => logOf(each.pop))),
      unpublished: before.filter(({ taken }) => !taken).map((each) => each.pop.region),
    };
    for (const purge of purges) {
      numbers.push(await publishPurge(log, purge));
    }
  } catch (thrown) {
    error = awsReason(thrown);
  }
  return { region, taken: error === null, entries: numbers, error, objects: null, counting: 0 };
}

async function logIn(pop: DeployedPop, terminal: Terminal): Promise<PurgeLog> {
  const { region, bucket } = pop;
  const clients = clientsOf(region);
  const say = (line: string): void => {
    terminal.say(`${region}: ${line}`);
  };
  return { s3: clients.s3, region, bucket, keys: await purgeKeys(clients, await readPointer(clients, pop)), say };
}

/** What nodes say that they have taken out. */
function counted(nodes: readonly Node[], entries: readonly number[]): Pick<PopResult, "objects" | "counting"> {
  const counts = nodes
    .filter((node) => hasCounted(node, entries))
    .flatMap(({ report }) => report?.purge.taken ?? [])
    .filter(({ number }) => entries.includes(number));
  const unknown = counts.length === 0 || counts.some(({ objects }) => objects === null);
  return {
    objects: unknown ? null : counts.reduce((sum, { objects }) => sum + (objects ?? 0), 0),
    counting: nodes.filter((node) => hasCounted(node, entries)).length,
  };
}

function hasCounted({ report }: Node, entries: readonly number[]): boolean {
  return entries.every((entry) => report?.purge.taken?.some(({ number }) => number === entry) === true);
}

async function carriedOut(
  clients: Clients,
  pop: DeployedPop,
  entries: readonly number[],
  before: Before,
  seconds: number,
  terminal: Terminal,
): Promise<Partial<PopResult>> {
  const number = Math.max(...entries);
  // Who stands where it stood was there before: the log was lost, and its numbers began anew.
  const isThere = ({ instance, report }: Node): boolean =>
    report !== undefined && report.purge.position >= number && report.purge.position !== before.get(instance)?.position;
  let told = "";
  const seen = await until(
    seconds,
    async () => {
      const nodes = (await readNodes(clients, pop, await readGroup(clients, pop))).filter(takesRequests);
      const progress = `${String(nodes.filter(isThere).length)} of ${String(nodes.length)} nodes have read it`;
      if (progress !== told) {
        terminal.say(`${pop.region}: ${progress}`);
        told = progress;
      }
      return nodes;
    },
    (nodes) => nodes.every(isThere),
  );
  if ("problem" in seen) {
    return { carriedOut: false, waitError: seen.problem };
  }
  const nodes = seen.view.map((node): NodeResult => {
    const { instance, report } = node;
    const refused = Math.max(0, (report?.purge.refused ?? 0) - (before.get(instance)?.refused ?? 0));
    const position = report?.purge.position ?? null;
    return { instance, position, refused, carriedOut: isThere(node) };
  });
  return { carriedOut: nodes.every((node) => node.carriedOut), nodes, ...counted(seen.view, entries) };
}

function text({ targets: all, pops, soft }: PurgeResult, { style }: Terminal): string {
  const shown = all.slice(0, 5).map((target) => `  ${targetText(target)}\n`);
  const more = all.length > shown.length ? `  and ${String(all.length - shown.length)} more\n` : "";
  const rows = pops.map((pop) => [
    pop.region,
    pop.entries.join(" "),
    pop.taken ? style.green("taken") : style.red(`not taken: ${pop.error ?? ""}`),
    objectsText(pop),
    ...(pops.some(({ carriedOut }) => carriedOut !== undefined) ? [nodesText(pop, style)] : []),
  ]);
  const waited = rows.some((row) => row.length > 4);
  const failed = pops.filter(({ taken }) => !taken).map(({ region }) => region);
  const done = `${failed.length === pops.length ? "not " : ""}${soft ? "made stale" : "purged"}`;
  const refusing = pops.filter(({ nodes = [] }) => nodes.some(({ refused }) => refused > 0));
  return (
    `${done}:\n${shown.join("")}${more}\n` +
    `${table(["region", "entry", "log", "objects", ...(waited ? ["nodes"] : [])], rows, style)}\n` +
    (failed.length === 0
      ? ""
      : `\nRun it again with --pop ${failed.join(" ")}: a purge that comes twice does no harm.\n`) +
    (pops.some(({ counting }) => counting > 0) && pops.every(({ objects, counting }) => counting === 0 || objects === 0)
      ? "\nNothing was there to be taken out. Is it spelled as clients ask for it, and as the origin tags it?\n"
      : "") +
    (refusing.length === 0
      ? ""
      : `\nNodes in ${refusing.map(({ region }) => region).join(", ")} have refused a head of the purge log that the purge key had not signed. ` +
        "Run the same purge again, and find out who else can write to the store.\n")
  );
}

function objectsText({ taken, objects, counting }: PopResult): string {
  const nodes = `on ${String(counting)} ${counting === 1 ? "node" : "nodes"}`;
  return !taken
    ? ""
    : counting === 0
      ? "not said yet"
      : objects === null
        ? `not counted ${nodes}`
        : `${String(objects)} ${nodes}`;
}

function nodesText({ nodes, waitError, carriedOut: all }: PopResult, style: Terminal["style"]): string {
  if (waitError !== undefined) {
    return style.red(`cannot be looked at: ${waitError}`);
  }
  if (nodes === undefined) {
    return "";
  }
  const behind = nodes.filter((node) => !node.carriedOut).map((node) => `${node.instance} (${behindText(node)})`);
  const count = `${String(nodes.length - behind.length)} of ${String(nodes.length)}`;
  return all === true ? style.green(count) : style.red(`${count}; not yet ${behind.join(", ")}`);
}

function behindText({ position, refused }: NodeResult): string {
  if (refused > 0) {
    return `has refused ${String(refused)}`;
  }
  return position === null ? "does not report" : `at ${String(position)}`;
}
