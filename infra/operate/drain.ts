import * as os from "node:os";
import { isDeepStrictEqual } from "node:util";
import { DeleteObjectCommand, PutObjectCommand, S3ServiceException } from "@aws-sdk/client-s3";
import { isDrainedText, type DrainSwitch } from "../../components/node/protocol/drainSwitch";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { TIMING } from "../../components/node/timing";
import { awsReason } from "../terminal/awsReason";
import { confirm, json, type Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { attempts } from "./attempts";
import { clientsOf } from "./clients";
import { isInService, readDrain, readGroup, readNodes, type Node } from "./look";
import { deployment, popOf, type Deployment, type DeployedPop, type StackOptions } from "./pops";
import { survey, surveyText, switchText, type Survey } from "./survey";
import { timeout, until } from "./waiting";

export interface UndrainOptions extends StackOptions {
  readonly wait?: true;
  /** Seconds, as given. */
  readonly timeout: string;
  readonly json?: true;
}

export interface DrainOptions extends UndrainOptions {
  readonly now?: true;
  readonly reason?: string;
  readonly yes?: true;
}

/** What `footprint drain --json` and `footprint undrain --json` print. */
export interface SwitchResult {
  readonly stack: string;
  readonly region: string;
  /** Whether this command changed anything. */
  readonly changed: boolean;
  /** The switch as it stands now; null while it is not thrown. */
  readonly drained: DrainSwitch | null;
  /** The other PoPs, as far as they were looked at. */
  readonly others: readonly Survey[];
  /** With --wait: whether every node in service has seen it, how many there are, and those that have not. */
  readonly seen?: boolean;
  readonly nodes?: number;
  readonly notYet?: readonly string[];
}

/** Longest reason: it becomes part of what health answers. */
const REASON_LIMIT = 200;

/**
 * Switches a PoP off in the data plane: without Pulumi, and without Route 53's control plane.
 *
 * @returns the exit status: 0 when it is off and, with --wait, every node knows
 * @throws UserError when no other PoP would be left
 */
export async function runDrain(
  region: string,
  options: DrainOptions,
  terminal: Terminal,
  folder?: string,
): Promise<number> {
  const reason = checkedReason(region, options);
  const seconds = timeout(options.timeout);
  const deployed = await deployment(options, [], terminal, folder);
  const pop = popOf(deployed.pops, "<region>", region);
  const before = await drainOf(pop);
  if (before !== undefined) {
    terminal.say(`${region} is ${switchText(before)}`);
    return finish(deployed, pop, { changed: false, drained: before, others: [] }, options, seconds, terminal);
  }

  const others = await surveyOthers(deployed, pop);
  terminal.say(["other PoPs", ...others.map((each) => `  ${each.region}: ${surveyText(each)}`)].join("\n"));
  checkOthers(region, others);
  await confirm(terminal, `Take ${region} out of service? Its clients go to the other PoPs.`, options.yes);
  const drained: DrainSwitch = { reason, by: whoAmI(), at: new Date().toISOString() };
  terminal.whenInterrupted(() => mayBeSet(deployed, pop));
  await throwSwitch(deployed, pop, drained, terminal);
  // Another operator may have drained another PoP at the same moment: of two that look again, both step back.
  try {
    checkOthers(region, await surveyOthers(deployed, pop));
  } catch (refusal) {
    await stepBack(deployed, pop, refusal);
    throw refusal;
  }
  return finish(deployed, pop, { changed: true, drained, others }, options, seconds, terminal);
}

/** Switches a PoP on again. Whether it then gets traffic its health decides. @returns the exit status */
export async function runUndrain(
  region: string,
  options: UndrainOptions,
  terminal: Terminal,
  folder?: string,
): Promise<number> {
  const seconds = timeout(options.timeout);
  const deployed = await deployment(options, [], terminal, folder);
  const pop = popOf(deployed.pops, "<region>", region);
  const before = await drainOf(pop);
  terminal.say(before === undefined ? `${region} is not switched off` : `${region} was ${switchText(before)}`);
  if (before !== undefined) {
    terminal.whenInterrupted(
      () => `The switch of ${region} may be released all the same; \`footprint status\` says whether.`,
    );
    await releaseSwitch(pop);
  }
  const result = { changed: before !== undefined, drained: null, others: [] };
  return finish(deployed, pop, result, options, seconds, terminal);
}

function checkedReason(region: string, { now, reason = "" }: DrainOptions): string {
  const problems = [
    ...(now === true
      ? []
      : [
          `--now: must be given, since this switches ${region} off at once; a planned drain is \`state: drained\` in the stack file, and \`pulumi up\``,
        ]),
    ...(/^[ -~]+$/.test(reason) && reason.length <= REASON_LIMIT
      ? []
      : [
          `--reason: must say why, for those who find the PoP drained, in 1 to ${String(REASON_LIMIT)} characters of ASCII, got "${reason}"`,
        ]),
  ];
  if (problems.length > 0) {
    throw new UserError(problems.join("\n"), exitCodes.usage);
  }
  return reason;
}

function surveyOthers({ pops }: Deployment, pop: DeployedPop): Promise<readonly Survey[]> {
  return Promise.all(pops.filter((each) => each !== pop).map(survey));
}

function checkOthers(region: string, others: readonly Survey[]): void {
  if (!others.some(({ serves }) => serves)) {
    const found = others.map((each) => `${each.region}: ${surveyText(each)}`);
    throw new UserError(
      [
        `${region} stays in service: no other PoP is active, not switched off, and has a node that reports itself healthy.`,
        ...found,
        "Where all are unhealthy, Route 53 answers as if all were healthy: draining the last one would change nothing.",
      ].join("\n"),
    );
  }
}

async function drainOf(pop: DeployedPop): Promise<DrainSwitch | undefined> {
  return inStore(pop, () => readDrain(clientsOf(pop.region), pop));
}

/** @throws UserError when it is another's, or when it may be thrown and may be not */
async function throwSwitch(
  deployed: Deployment,
  pop: DeployedPop,
  content: DrainSwitch,
  terminal: Terminal,
): Promise<void> {
  const isThrown = await inStore(
    pop,
    () => attempts(terminal, async () => ({ value: await put(pop, content) })),
    mayBeSet(deployed, pop),
  );
  if (!isThrown) {
    throw new UserError(`${pop.region} has just been switched off by somebody else; \`footprint status\` says by whom`);
  }
}

/** @returns false when another switch is there */
async function put(pop: DeployedPop, content: DrainSwitch): Promise<boolean> {
  const clients = clientsOf(pop.region);
  try {
    await clients.s3.send(
      new PutObjectCommand({
        Bucket: pop.bucket,
        Key: STORE_KEYS.drain,
        Body: JSON.stringify(content),
        ContentType: "application/json",
        IfNoneMatch: "*",
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) {
      // The SDK sends again what got no answer: then it is our own switch that is in the way.
      return isDeepStrictEqual(await readDrain(clients, pop), content);
    }
    throw error;
  }
}

/** Releases the switch that this command has thrown. @throws UserError that says so when it cannot */
async function stepBack(deployed: Deployment, pop: DeployedPop, refusal: unknown): Promise<void> {
  try {
    await releaseSwitch(pop);
  } catch (error) {
    const why = [refusal, error].map((each) => (each instanceof Error ? each.message : String(each)));
    throw new UserError([...why, mayBeSet(deployed, pop)].join("\n"));
  }
}

function mayBeSet({ stack }: Deployment, { region }: DeployedPop): string {
  return `The switch of ${region} may be set all the same: \`footprint undrain ${region} --stack ${stack}\` releases it.`;
}

async function releaseSwitch(pop: DeployedPop): Promise<void> {
  await inStore(pop, () =>
    clientsOf(pop.region).s3.send(new DeleteObjectCommand({ Bucket: pop.bucket, Key: STORE_KEYS.drain })),
  );
}

/** @param advice what is to be said when it fails, a line */
async function inStore<T>({ region, bucket }: DeployedPop, work: () => Promise<T>, advice?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const problem = `${region}: the store ${bucket} cannot be used: ${awsReason(error)}`;
    throw new UserError(advice === undefined ? problem : `${problem}\n${advice}`);
  }
}

function whoAmI(): string {
  return `${userName()}@${os.hostname()}`;
}

/** A container may run as a user that its system has no name for. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    const { USER = "" } = process.env;
    return USER === "" ? `uid ${String(process.getuid?.())}` : USER;
  }
}

async function finish(
  { stack, outputs: { healthCheck } }: Deployment,
  pop: DeployedPop,
  done: Pick<SwitchResult, "changed" | "drained" | "others">,
  options: UndrainOptions,
  seconds: number,
  terminal: Terminal,
): Promise<number> {
  const waited = options.wait === true ? await nodesHaveSeen(pop, done.drained !== null, seconds) : {};
  const result: SwitchResult = { stack, region: pop.region, ...done, ...waited };
  if (options.json === true) {
    terminal.out(json(result));
  } else {
    const turn =
      healthCheck === undefined
        ? "its health checks"
        : `about ${String(healthCheck.interval * healthCheck.threshold)} s`;
    const effect =
      done.drained === null
        ? `Route 53 sends it clients as soon as it is healthy.`
        : `Route 53 sends it no new ones after ${turn}, and what resolvers keep is over ${String(TIMING.aliasTtl)} s later.`;
    terminal.out(`${pop.region} is switched ${done.drained === null ? "on" : "off"}. ${effect}\n${seenText(result)}`);
  }
  return result.seen === false ? exitCodes.failure : exitCodes.ok;
}

async function nodesHaveSeen(
  pop: DeployedPop,
  drained: boolean,
  seconds: number,
): Promise<Pick<SwitchResult, "seen" | "nodes" | "notYet">> {
  const clients = clientsOf(pop.region);
  const knows = ({ report }: Node): boolean => report !== undefined && isDrainedText(report.health.pop) === drained;
  const seen = await until(
    seconds,
    async () => (await readNodes(clients, pop, await readGroup(clients, pop))).filter(isInService),
    (nodes) => nodes.every(knows),
  );
  if ("problem" in seen) {
    return { seen: false, notYet: [seen.problem] };
  }
  const notYet = seen.view
    .filter((node) => !knows(node))
    .map(({ instance, report }) => `${instance} (${report === undefined ? "does not report" : report.health.pop})`);
  return { seen: notYet.length === 0, nodes: seen.view.length, notYet };
}

function seenText({ seen, nodes, notYet = [] }: SwitchResult): string {
  if (seen === undefined) {
    return "";
  }
  if (nodes === 0) {
    return "No node is in service that could say so.\n";
  }
  return seen ? "Every node says so.\n" : `Not yet: ${notYet.join(", ")}\n`;
}
