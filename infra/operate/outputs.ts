import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { installedCli } from "../pulumi/cli";
import type { Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";

const byRegion = z.record(z.string(), z.string().min(1));

/** What the operator's tool needs of a stack's outputs. */
const outputsSchema = z.object({
  storeBuckets: byRegion,
  nodeGroups: byRegion,
  secretGenerations: z.object({ originAuth: z.int(), purge: z.int() }),
  configurationKeys: z.array(z.base64()).min(1),
  /** Missing in deployments of former versions. */
  popStates: z.record(z.string(), z.enum(["active", "drained"])).optional(),
  /** Hosts of the sites, likewise. */
  hosts: z.array(z.string()).optional(),
  /** Seconds between two checks, and how many must fail, likewise. */
  healthCheck: z.object({ interval: z.int(), threshold: z.int() }).optional(),
});

export type StackOutputs = z.output<typeof outputsSchema>;

/** Seconds in which Pulumi must have answered: what it reads is one small object. */
const PATIENCE = 30;

const REPOSITORY = path.join(__dirname, "..", "..");

/**
 * The outputs of a deployed stack: of its backend, by the Pulumi CLI, or of a file in which they were kept for the day
 * on which the backend cannot be reached.
 *
 * @param file what `pulumi stack output --json` printed once
 * @param terminal is told that Pulumi is asked, which takes seconds
 * @param patience seconds in which Pulumi must have answered
 * @throws UserError when there are none, or not in time
 */
export async function stackOutputs(
  stack: string,
  file: string | undefined,
  terminal: Pick<Terminal, "say">,
  patience = PATIENCE,
): Promise<StackOutputs> {
  if (file === undefined) {
    terminal.say(`asking Pulumi for the outputs of stack ${stack} ...`);
    return parsed(
      await askPulumi(stack, patience),
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
  return parsed(text, `--outputs: "${file}"`, allowed, exitCodes.usage);
}

function parsed(text: string, what: string, advice: string, exitCode: number): StackOutputs {
  try {
    return outputsSchema.parse(JSON.parse(text));
  } catch (error) {
    const paths = error instanceof z.ZodError ? error.issues.map((issue) => issue.path[0]) : [];
    const missing = [...new Set(paths.flatMap((key) => (typeof key === "string" ? [key] : [])))];
    const reason = missing.length > 0 ? `lacks ${missing.join(", ")}` : "holds no JSON object";
    throw new UserError(`${what}: ${reason}; ${advice}`, exitCode);
  }
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
