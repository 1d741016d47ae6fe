import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { resolveCli, type Cli } from "../../infra/sandbox/cli";
import { Sandbox, type Outcome } from "../../infra/sandbox/sandbox";
import { small, type StackInput } from "../support/stacks";

/** What the engine did, or in a preview would do, with one resource. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** Logical name, the end of the URN. */
  readonly name: string;
  /** Top-level properties that differ. */
  readonly changed: readonly string[];
}

export interface Run extends Outcome {
  /** In the engine's order; those that leave a resource as it is are left out. */
  readonly steps: readonly Step[];
  /** The engine's whole log of events, as it wrote it. */
  readonly events: string;
}

/** A resource in the engine's state. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly parent?: string;
  readonly protect?: boolean;
  readonly delete?: boolean;
  readonly retainOnDelete?: boolean;
  readonly dependencies?: readonly string[];
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** The real engine with a folder, a state and a world of its own, which has the hosted zone of `small`. */
export class Engine {
  private readonly selected = new Set<string>();

  private constructor(
    readonly folder: string,
    private readonly sandbox: Sandbox,
  ) {}

  static async open(): Promise<Engine> {
    const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-engine-")));
    fs.mkdirSync(path.join(folder, "stacks"));
    // Hosted zones that stack files name by id are there from the start.
    writeStack(folder, "zones", small({}));
    const options = { cli: await cli(), folder, stacks: path.join(folder, "stacks") };
    return new Engine(folder, await Sandbox.open(options));
  }

  /** Ends everything and removes the folder. */
  close(): void {
    this.sandbox.close();
    fs.rmSync(this.folder, { recursive: true });
  }

  /** Writes a stack's file, as a user would edit it. */
  write(stack: string, input: StackInput | string): void {
    writeStack(this.folder, stack, input);
  }

  /** Runs `preview`, `up`, `refresh` or `destroy`, without asking. */
  async run(command: string, stack: string, ...args: readonly string[]): Promise<Run> {
    if (!this.selected.has(stack)) {
      await this.select(stack);
      this.selected.add(stack);
    }
    const events = path.join(this.folder, "events.jsonl");
    fs.rmSync(events, { force: true });
    const yes = command === "preview" || args.includes("--preview-only") ? [] : ["--yes", "--skip-preview"];
    const outcome = await this.sandbox.capture(
      [command, "--stack", stack, ...yes, "--event-log", events, ...args],
      // The flag for the log of events is there for those who debug the CLI.
      { PULUMI_DEBUG_COMMANDS: "true" },
    );
    const text = fs.existsSync(events) ? fs.readFileSync(events, "utf8") : "";
    return { ...outcome, steps: stepsOf(text), events: text };
  }

  /** As `run`, for what must go well. */
  async done(command: string, stack: string, ...args: readonly string[]): Promise<Run> {
    const run = await this.run(command, stack, ...args);
    if (run.status !== 0) {
      throw new Error(`${command} of ${stack} ended with ${String(run.status)}:\n${run.stdout}\n${run.stderr}`);
    }
    return run;
  }

  /** Any other command of the CLI. */
  pulumi(...args: readonly string[]): Promise<Outcome> {
    return this.sandbox.capture(args);
  }

  async select(stack: string): Promise<void> {
    const { status, stdout, stderr } = await this.sandbox.select(stack);
    if (status !== 0) {
      throw new Error(`${stack} cannot be selected:\n${stdout}\n${stderr}`);
    }
  }

  /** The engine's state. */
  async resources(stack: string): Promise<readonly Resource[]> {
    const { stdout } = await this.pulumi("stack", "export", "--stack", stack);
    return (JSON.parse(stdout) as { deployment: { resources?: Resource[] } }).deployment.resources ?? [];
  }
}

let resolved: Promise<Cli> | undefined;

function cli(): Promise<Cli> {
  resolved ??= resolveCli(() => undefined).then((found) => {
    if (found === undefined) {
      throw new Error("there is no Pulumi CLI, and none can be downloaded or built");
    }
    return found;
  });
  return resolved;
}

function writeStack(folder: string, stack: string, input: StackInput | string): void {
  const text = typeof input === "string" ? input : stringify({ config: configOf(input) });
  fs.writeFileSync(path.join(folder, "stacks", `Pulumi.${stack}.yaml`), text);
}

function configOf(input: StackInput): Record<string, unknown> {
  const own = Object.entries(input).map(([key, value]) => [`footprint:${key}`, value] as const);
  return { "aws:region": "us-east-1", ...Object.fromEntries(own) };
}

interface EngineEvent {
  readonly resourcePreEvent?: {
    readonly metadata: {
      readonly op: string;
      readonly urn: string;
      readonly type: string;
      readonly diffs?: readonly string[] | null;
    };
  };
}

function stepsOf(events: string): Step[] {
  return events
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => {
      const metadata = (JSON.parse(line) as EngineEvent).resourcePreEvent?.metadata;
      return metadata === undefined || metadata.op === "same" ? [] : [stepOf(metadata)];
    });
}

function stepOf({ op, urn, type, diffs }: NonNullable<EngineEvent["resourcePreEvent"]>["metadata"]): Step {
  return { op, urn, type, name: urn.slice(urn.lastIndexOf("::") + 2), changed: diffs ?? [] };
}
