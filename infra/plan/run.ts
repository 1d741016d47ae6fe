import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { clashes } from "../config/clashes";
import { loadConfig } from "../config/load";
import { stackConfigFromFile, unreadParts } from "../config/stackFile";
import { bareName, stackFile } from "../config/stacks";
import { coloursFor } from "../terminal/colours";
import { exitCodes } from "../terminal/exitCodes";
import type { Style } from "../terminal/table";
import { UserError } from "../terminal/userError";
import { buildPlan } from "./build";
import { consequences, type Consequences } from "./consequences";
import { diffPlans, type PlanDiff } from "./diff";
import { originRegion, tableOf, usersOf, type UsersOptions } from "./latency/files";
import type { Plan } from "./model";
import { pageOfPlan } from "./page/ofPlan";
import { priceBook } from "./priceList/file";
import { renderPlan } from "./render";
import { renderConsequences } from "./renderConsequences";
import { renderDiff } from "./renderDiff";

export interface PlanOptions extends UsersOptions {
  readonly stack: string;
  readonly json?: true;
  /** Region in which the origin is taken to be. */
  readonly origin?: string;
  /** Gigabytes that the footprint sends to clients in a month. */
  readonly traffic?: number;
  /** File to write the page into. */
  readonly html?: string;
  readonly diff?: string;
  /** Look at the deployment too, for what the stack file does not know. */
  readonly live?: true;
  /** The stack's outputs, kept in a file; else the Pulumi CLI is asked. Only for `live`. */
  readonly outputs?: string;
}

/**
 * Does what `footprint plan` was asked, on standard output.
 *
 * @throws ConfigError for a stack file with mistakes, UserError for a stack or a former plan that cannot be read
 */
export async function runPlan(options: PlanOptions, style: Style): Promise<void> {
  const { json, diff } = options;
  const stack = bareName(options.stack);
  const file = stackFile(stack);
  const values = stackConfigFromFile(file);
  const former = diff === undefined ? undefined : formerPlan(diff, stack);
  const table = tableOf(options);
  const users = usersOf(options);
  const origin = options.origin === undefined ? {} : { origin: originRegion(options.origin, table) };
  const traffic = options.traffic === undefined ? {} : { traffic: options.traffic };
  const perspective = { users, prices: priceBook(), ...origin, ...traffic };
  const planned = await withProgress(`planning ${stack} ...`, () => buildPlan(stack, values, perspective));
  const config = loadConfig(stack, values);
  const offline = { ...planned, notes: [...planned.notes, ...unreadParts(file), ...clashes(config)] };
  const plan = options.live === true ? await withLiveNotes(offline, options) : offline;
  if (options.html !== undefined) {
    const { pageHtml } = await import("./page/html");
    writePage(options.html, await pageHtml(pageOfPlan(config, plan, users, table)));
  }
  if (former === undefined) {
    print(json, plan, () => renderPlan(plan, style));
  } else {
    const { difference, clients } = changesOf(plan, former);
    print(json, { ...difference, clients }, () => renderChanges(stack, difference, clients, style));
  }
}

/**
 * As text what `footprint plan` has printed as JSON, so that it need not be planned once more.
 *
 * @param diff file with a former plan, for what has changed since; default: the plan itself
 * @throws UserError for a former plan that cannot be read
 */
export function textOfPlan(plan: Plan, diff?: string): string {
  const style = { ...coloursFor({}, {}), width: Infinity };
  if (diff === undefined) {
    return renderPlan(plan, style);
  }
  const { difference, clients } = changesOf(plan, formerPlan(diff, plan.stack));
  return renderChanges(plan.stack, difference, clients, style);
}

function changesOf(plan: Plan, former: ReturnType<typeof formerPlan>) {
  const difference = diffPlans(former, plan);
  return { difference, clients: consequences(difference, former, plan) };
}

function renderChanges(stack: string, difference: PlanDiff, clients: Consequences, style: Style): string {
  const isChange = Object.values(difference.summary).some((count) => count > 0);
  return [renderDiff(stack, difference, style), ...(isChange ? [renderConsequences(clients, style)] : [])].join("\n");
}

function writePage(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError(
      `--html: must be a file that can be written, got "${file}" (${error instanceof Error ? error.message : String(error)})`,
      exitCodes.usage,
    );
  }
}

async function withLiveNotes(plan: Plan, options: PlanOptions): Promise<Plan> {
  const { liveNotes } = await import("../operate/live");
  const { processTerminal } = await import("../terminal/confirm");
  return { ...plan, notes: [...plan.notes, ...(await liveNotes(options, processTerminal()))] };
}

/** Says on a terminal what is being waited for; a large footprint takes some seconds. */
export async function withProgress<T>(text: string, work: () => Promise<T>): Promise<T> {
  const { stderr } = process;
  if (!stderr.isTTY) {
    return work();
  }
  stderr.write(text);
  try {
    return await work();
  } finally {
    stderr.clearLine(0);
    stderr.cursorTo(0);
  }
}

/** A result on standard output, as JSON or as text. */
export function print(json: true | undefined, value: object, text: () => string): void {
  process.stdout.write(json === true ? `${JSON.stringify(value, null, 2)}\n` : text());
}

const jsonRecord = z.record(z.string(), z.json());
const planFile = z.object({
  stack: z.string(),
  routing: z.object({
    hosts: z.record(z.string(), z.array(z.string())),
    popNames: z.record(z.string(), z.string()),
  }),
  pops: z.record(z.string(), z.object({ egress: z.enum(["nat", "direct", "both"]) })),
  resources: z.array(
    z.object({
      type: z.string(),
      name: z.string(),
      urn: z.string(),
      parent: z.string().nullable(),
      pop: z.string().nullable(),
      component: z.boolean(),
      inputs: jsonRecord,
      options: jsonRecord,
      dependencies: z.array(z.string()),
    }),
  ),
});

function formerPlan(file: string, stack: string): z.output<typeof planFile> {
  const former = planIn(file);
  if (former.stack !== stack) {
    throw new UserError(
      `--diff: must be a former plan of the stack "${stack}", got one of "${former.stack}" ("${file}")`,
      exitCodes.usage,
    );
  }
  return former;
}

function planIn(file: string): z.output<typeof planFile> {
  try {
    return planFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? "it holds no plan" : error instanceof Error ? error.message : "";
    throw new UserError(
      `--diff: must be a file that \`footprint plan --json\` printed, got "${file}" (${reason})`,
      exitCodes.usage,
    );
  }
}
