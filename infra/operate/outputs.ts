import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { exitCodes } from "../cli/exitCodes";
import { UserError } from "../commands/userError";
import { installedCli } from "../sandbox/cli";

const byRegion = z.record(z.string(), z.string().min(1));

/** What the operator's tool needs of a stack's outputs. */
const outputsSchema = z.object({
  storeBuckets: byRegion,
  nodeGroups: byRegion,
  secretGenerations: z.object({ originAuth: z.int(), purge: z.int() }),
});

export type StackOutputs = z.output<typeof outputsSchema>;

const REPOSITORY = path.join(__dirname, "..", "..");

/**
 * The outputs of a deployed stack: of its backend, by the Pulumi CLI, or of a file in which they were kept for the day
 * on which the backend cannot be reached.
 *
 * @param file what `pulumi stack output --json` printed once
 */
export async function stackOutputs(stack: string, file: string | undefined): Promise<StackOutputs> {
  if (file === undefined) {
    return parsed(await askPulumi(stack), `stack ${stack}`, "deploy it with this version first (`pulumi up`)", 1);
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

async function askPulumi(stack: string): Promise<string> {
  const hint = "Where Pulumi's backend is away, give outputs that were kept: --outputs FILE.";
  const cli = installedCli(() => undefined);
  if (cli === undefined) {
    throw new UserError(
      `The outputs of stack ${stack} are needed, and there is no Pulumi CLI to read them with ` +
        `(https://www.pulumi.com/docs/install/). ${hint}`,
    );
  }
  try {
    const { stdout } = await promisify(execFile)(cli.path, ["stack", "output", "--json", "--stack", stack], {
      cwd: REPOSITORY,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    return stdout;
  } catch (error) {
    const said =
      typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new UserError(`The outputs of stack ${stack} could not be read: ${said}\n${hint}`);
  }
}
