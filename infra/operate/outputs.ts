import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { installedCli } from "../pulumi/cli";
import type { Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { jsonOf } from "../terminal/jsonOf";
import { UserError } from "../terminal/userError";

const byRegion = z.record(z.string(), z.string().min(1));

/** What some commands need, and others can do without: in an incident none fails for want of what it does not use. */
const NEEDED_BY_SOME = {
  nodeGroups: byRegion,
  logBuckets: byRegion,
  secretGenerations: z.object({ originAuth: z.int(), purge: z.int() }),
  configurationKeys: z.array(z.base64()).min(1),
  measured: z.array(
    z.object({
      region: z.string(),
      loadBalancerArnSuffix: z.string(),
      targetGroupArnSuffix: z.string(),
      natGatewayId: z.string().optional(),
      nodeGroupName: z.string(),
      logBucketName: z.string(),
      healthCheckId: z.string(),
    }),
  ),
} as const;

export type Needed = keyof typeof NEEDED_BY_SOME;

/** What the operator's tool reads of a stack's outputs. */
const outputsSchema = z.object({
  storeBuckets: byRegion,
  nodeGroups: NEEDED_BY_SOME.nodeGroups.optional().catch(undefined),
  logBuckets: NEEDED_BY_SOME.logBuckets.optional().catch(undefined),
  secretGenerations: NEEDED_BY_SOME.secretGenerations.optional().catch(undefined),
  configurationKeys: NEEDED_BY_SOME.configurationKeys.optional().catch(undefined),
  measured: NEEDED_BY_SOME.measured.optional().catch(undefined),
  /** Missing in deployments of former versions. */
  popStates: z.record(z.string(), z.enum(["active", "drained"])).optional(),
  /** Hosts of the sites, likewise. */
  hosts: z.array(z.string()).optional(),
  /** By host, the region of the PoP from which all others fetch; missing where no site has one. */
  shields: z.record(z.string(), z.string()).optional(),
  /** By region, the machine image of its nodes, and when their packages were locked; likewise. */
  images: z.record(z.string(), z.string()).optional(),
  packagesLockedAt: z.iso.datetime().optional(),
  /** Seconds between two checks, and how many must fail, likewise. */
  healthCheck: z.object({ interval: z.int(), threshold: z.int() }).optional(),
});

type Outputs = z.output<typeof outputsSchema>;

/** Outputs that have what a command needs. */
export type StackOutputs<N extends Needed = never> = Outputs & { readonly [K in N]-?: NonNullable<Outputs[K]> };

/** Seconds in which Pulumi must have answered: what it reads is one small object. */
const PATIENCE = 30;

const REPOSITORY = path.join(__dirname, "..", "..");

/**
 * The outputs of a deployed stack: of its backend, by the Pulumi CLI, or of a file in which they were kept for the day
 * on which the backend cannot be reached.
 *
 * @param file what `pulumi stack output --json` printed once
 * @param needed what the command cannot do without, beside the stores
 * @param terminal is told that Pulumi is asked, which takes seconds
 * @param patience seconds in which Pulumi must have answered
 * @throws UserError when there are none, or not in time
 */
export async function stackOutputs<N extends Needed>(
  stack: string,
  file: string | undefined,
  needed: readonly N[],
  terminal: Pick<Terminal, "say">,
  patience = PATIENCE,
): Promise<StackOutputs<N>> {
  if (file === undefined) {
    terminal.say(`asking Pulumi for the outputs of stack ${stack} ...`);
    return parsed(
      await askPulumi(stack, patience),
      needed,
      `stack ${stack}`,
      "deploy it with this version first (`pulumi up`)",
      1,
    );
  }
  const allowed = "must be a file that `pulumi stack output --json` printed";
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`--outputs: ${allowed}, got "${file}" (${String(error)})`, exitCodes.usage);
  }
  return parsed(text, needed, `--outputs: "${file}"`, `${allowed} after an \`up\` with this version`, exitCodes.usage);
}

function parsed<N extends Needed>(
  text: string,
  needed: readonly N[],
  what: string,
  advice: string,
  exitCode: number,
): StackOutputs<N> {
  const { data, error } = outputsSchema.safeParse(jsonOf(text));
  const faults = error?.issues.map((issue) => String(issue.path[0] ?? "")) ?? [];
  if (data === undefined && faults.includes("")) {
    throw new UserError(`${what}: holds no JSON object; ${advice}`, exitCode);
  }
  if (data === undefined || !has(data, needed)) {
    const missing = [...new Set([...faults, ...needed.filter((key) => data?.[key] === undefined)])];
    throw new UserError(`${what}: lacks ${missing.join(", ")}; ${advice}`, exitCode);
  }
  return data;
}

function has<N extends Needed>(outputs: Outputs, needed: readonly N[]): outputs is StackOutputs<N> {
  return needed.every((key) => outputs[key] !== undefined);
}

async function askPulumi(stack: string, patience: number): Promise<string> {
  const hint = "Where Pulumi's backend is away, give outputs that were kept: --outputs FILE.";
  const cli = installedCli(() => undefined);
  if (cli === undefined) {
    throw new UserError(
      `The outputs of stack ${stack} are needed, and there is no Pulumi CLI to read them with ` +
        `(https://www.pulumi.com/docs/install/). ${hint}`,
    );
  }
  try {
    const asked = ["stack", "output", "--json", "--non-interactive", "--stack", stack];
    const { stdout } = await promisify(execFile)(cli.path, asked, {
      cwd: REPOSITORY,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: patience * 1000,
      // It only reads: there is nothing that it should put in order first.
      killSignal: "SIGKILL",
    });
    return stdout;
  } catch (error) {
    const said = isKilled(error) ? `Pulumi has not answered for ${String(patience)} s` : saidBy(error);
    throw new UserError(`The outputs of stack ${stack} could not be read: ${said}\n${hint}`);
  }
}

function isKilled(error: unknown): boolean {
  return typeof error === "object" && error !== null && "killed" in error && error.killed === true;
}

function saidBy(error: unknown): string {
  return typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr).trim() : String(error);
}
