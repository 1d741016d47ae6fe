import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { installedCli, resolveCli, type Cli } from "../../infra/pulumi/cli";
import type { Fault } from "../../infra/sandbox/aws/faults";
import type { LogEntry } from "../../infra/sandbox/aws/log";
import { World, type Entity } from "../../infra/sandbox/aws/world";
import { Sandbox, type Outcome } from "../../infra/sandbox/sandbox";
import type { Requirement } from "../support/requirements";
import { small, type StackInput } from "../support/stacks";
import { stepsOf, type Step } from "./steps";

/** The engine tests run the CLI of `footprint sandbox`; to build one takes minutes, so that comes before them. */
export const PULUMI_CLI: Requirement = {
  name: "a Pulumi CLI",
  isMet: () => installedCli(() => undefined) !== undefined,
  remedy: "node -r ./infra/cli/typescript.js test/engine/install.ts finds, downloads or builds one",
};

/** Milliseconds: no story of updates takes that long; it only ends what hangs. */
export const STORY = 1_800_000;

export interface Run extends Outcome {
  /** In the engine's order; those that leave a resource as it is are left out. */
  readonly steps: readonly Step[];
  /** The engine's whole log of events, as it wrote it. */
  readonly events: string;
  /** What the stand-in was asked, in the order in which it was done. */
  readonly calls: readonly LogEntry[];
}

/** A resource in the engine's state. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly custom?: boolean;
  readonly id?: string;
  readonly parent?: string;
  readonly protect?: boolean;
  /** Replaced, and not yet gone. */
  readonly delete?: boolean;
  readonly retainOnDelete?: boolean;
  readonly dependencies?: readonly string[];
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

interface Deployment {
  readonly resources?: readonly Resource[];
  readonly pending_operations?: readonly object[];
}

/** A footprint as small as it gets: two zones, two nodes, no NAT gateway. */
export function tiny(pops: Record<string, unknown>, more: Record<string, unknown> = {}): StackInput {
  return { ...small(pops), defaults: { zones: 2, nodes: { min: 2, max: 4 }, egress: "direct" }, ...more };
}

/** The real engine with a folder, a state and a world of its own, in which the hosted zone of `small` is there. */
export class Engine {
  private readonly selected = new Set<string>();

  private constructor(
    readonly folder: string,
    private readonly sandbox: Sandbox,
  ) {}

  /**
   * @param stacks files that are there from the start, so the hosted zones that they name by id are there too
   * @param program folder of the program; default: the repository
   */
  static async open(stacks: Readonly<Record<string, StackInput>> = {}, program?: string): Promise<Engine> {
    const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-engine-")));
    fs.mkdirSync(path.join(folder, "stacks"));
    for (const [stack, input] of Object.entries({ zones: small({}), ...stacks })) {
      writeStack(folder, stack, input);
    }
    const options = { cli: await cli(), folder, stacks: path.join(folder, "stacks"), program };
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
    await this.select(stack);
    const events = path.join(this.folder, `events-${stack}.jsonl`);
    const calls = path.join(this.folder, "world", "calls.jsonl");
    fs.rmSync(events, { force: true });
    fs.rmSync(calls, { force: true });
    const yes = command === "preview" || args.includes("--preview-only") ? [] : ["--yes"];
    // What an update would do, a preview before it would only say twice; a destroy is refused by its preview.
    // With `--strict` it is what the update is held to.
    const skip = command === "up" && !args.includes("--strict") ? ["--skip-preview"] : [];
    const outcome = await this.sandbox.capture(
      [command, "--stack", stack, ...yes, ...skip, "--event-log", events, ...args],
      {
        // The flag for the log of events is there for those who debug the CLI.
        PULUMI_DEBUG_COMMANDS: "true",
        // To write the whole state after each step is two thirds of the processor time of a large update. What ends by
        // itself, also in a failure, still writes it at its end.
        PULUMI_SKIP_CHECKPOINTS: "true",
      },
    );
    const text = readIfThere(events);
    return { ...outcome, steps: stepsOf(text), events: text, calls: jsonLines<LogEntry>(readIfThere(calls)) };
  }

  /** As `run`, for what must go well. */
  async done(command: string, stack: string, ...args: readonly string[]): Promise<Run> {
    const run = await this.run(command, stack, ...args);
    if (run.status !== 0) {
      throw new Error(`${command} of ${stack} ended with ${String(run.status)}:\n${run.stdout}\n${run.stderr}`);
    }
    return run;
  }

  /** Writes the stack's file and deploys it. */
  async up(stack: string, input: StackInput): Promise<Run> {
    this.write(stack, input);
    return this.done("up", stack);
  }

  /** As `up`; the preview of the same comes first. */
  async previewAndUp(stack: string, input: StackInput): Promise<{ readonly preview: Run; readonly up: Run }> {
    this.write(stack, input);
    return { preview: await this.done("preview", stack), up: await this.done("up", stack) };
  }

  /** Any other command of the CLI. */
  pulumi(...args: readonly string[]): Promise<Outcome> {
    return this.sandbox.capture(args);
  }

  /** The engine's state. @param args as `stack export` takes them */
  async deployment(stack: string, ...args: readonly string[]): Promise<Deployment> {
    const { stdout } = await this.pulumi("stack", "export", "--stack", stack, ...args);
    return (JSON.parse(stdout) as { deployment: Deployment }).deployment;
  }

  async resources(stack: string): Promise<readonly Resource[]> {
    return (await this.deployment(stack)).resources ?? [];
  }

  /** What exists in the stand-in's AWS. */
  world(): readonly Entity[] {
    return this.worldFiles().map((file) => JSON.parse(fs.readFileSync(file, "utf8")) as Entity);
  }

  /** Deletes (`undefined`) or changes the entities for which `change` gives another one, behind the engine's back. */
  tamper(change: (entity: Entity) => Entity | undefined): void {
    for (const file of this.worldFiles()) {
      const entity = JSON.parse(fs.readFileSync(file, "utf8")) as Entity;
      const changed = change(entity);
      if (changed === undefined) {
        fs.rmSync(file);
      } else if (changed !== entity) {
        fs.writeFileSync(file, JSON.stringify(changed));
      }
    }
  }

  /** Adds entities that the engine has not made. */
  add(entities: readonly Entity[]): void {
    const world = new World(path.join(this.folder, "world", "entities"));
    entities.forEach((each) => {
      world.put(each);
    });
  }

  /** What is to go wrong from now on; nothing when the list is empty. */
  plan(faults: readonly Fault[]): void {
    // The stand-in may look at it at any moment.
    fs.writeFileSync(`${this.faults}.planned`, JSON.stringify(faults));
    fs.renameSync(`${this.faults}.planned`, this.faults);
  }

  /** Calls that have fitted a planned fault so far, by its place in the list. */
  hits(place: number): number {
    const faults = JSON.parse(fs.readFileSync(this.faults, "utf8")) as readonly { readonly seen?: number }[];
    return faults[place]?.seen ?? 0;
  }

  /** Every file of the sandbox but the project's: state, backups, history, world and calls. */
  filesOf(...folders: readonly string[]): readonly string[] {
    return folders.flatMap((folder) =>
      fs
        .readdirSync(path.join(this.folder, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name)),
    );
  }

  private get faults(): string {
    return path.join(this.folder, "world", "faults.json");
  }

  private worldFiles(): readonly string[] {
    return this.filesOf("world/entities").filter((file) => file.endsWith(".json"));
  }

  private async select(stack: string): Promise<void> {
    if (this.selected.has(stack)) {
      return;
    }
    await this.sandbox.select(stack);
    this.selected.add(stack);
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

/** The section `config` of a stack file. */
export function configOf(input: StackInput): Record<string, unknown> {
  const own = Object.entries(input).map(([key, value]) => [`footprint:${key}`, value] as const);
  return { "aws:region": "us-east-1", ...Object.fromEntries(own) };
}

function readIfThere(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

function jsonLines<T>(text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
