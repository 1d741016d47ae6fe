import { spawn, type StdioOptions } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { z } from "zod";
import { STACKS_FOLDER } from "../config/stacks";
import type { Cli } from "../pulumi/cli";
import { cacheHome } from "../terminal/cacheHome";
import { jsonOf } from "../terminal/jsonOf";
import { UserError } from "../terminal/userError";
import type { Enliven } from "./aws/live";
import { startStandIn, type StandIn } from "./aws/standIn";
import { startLanguageHost } from "./languageHost";
import { hostedZones, writeProject } from "./project";

/** Guards nothing: what it encrypts never leaves the sandbox's folder. */
const PASSPHRASE = "sandbox";

const POLICY_RUNNER = path.join(__dirname, "bin");

/** Names a sandbox that another process has open, for those that are to run their commands in it. */
const JOINED = "FOOTPRINT_SANDBOX";

const joinedSchema = z.object({
  folder: z.string(),
  stacks: z.string(),
  debugProviders: z.string(),
  environment: z.record(z.string(), z.string()),
  isFleeting: z.boolean(),
});

export interface SandboxOptions {
  readonly cli: Cli;
  /** Where the project, the engine's state and the stand-in's world are kept. Default: in the cache folder. */
  readonly folder?: string;
  /** The stack files. Default: the repository's. */
  readonly stacks?: string;
  /** Folder of the program that is deployed. Default: the repository. */
  readonly program?: string;
  /** Brings to life what is deployed. Default: nothing does. */
  readonly enliven?: Enliven;
  /**
   * Nobody goes on with it after a kill, so the engine writes what it knows once, when a command ends, and not after each step:
   * for 450 resources that is three quarters of what a first deployment takes of processors. Default: false.
   */
  readonly isFleeting?: boolean;
  /** The provider's own plugin instead of the stand-in for AWS. Default: the stand-in. */
  readonly plugin?: Plugin;
}

/** A provider's own program, and what it deploys to. */
export interface Plugin {
  /** As the engine calls it: `resource-aws-v7.48.0`. */
  readonly name: string;
  /** Path of its program. */
  readonly program: string;
  /** What it, and the program that is deployed, find AWS by. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real engine, deploying to a stand-in for AWS: no account, no credentials, nothing that leaves this machine. */
export class Sandbox {
  private constructor(
    readonly folder: string,
    private readonly cli: Cli,
    private readonly stacks: string,
    private readonly standIn: Pick<StandIn, "debugProviders" | "environment" | "stop">,
    private readonly program: string | undefined,
    private readonly isFleeting: boolean,
  ) {}

  static defaultFolder(): string {
    return path.join(cacheHome(), "sandbox");
  }

  static async open(options: SandboxOptions): Promise<Sandbox> {
    const folder = options.folder ?? Sandbox.defaultFolder();
    for (const part of ["state", "home"]) {
      fs.mkdirSync(path.join(folder, part), { recursive: true });
    }
    keepNoLogs(path.join(folder, "home"));
    const stacks = options.stacks ?? STACKS_FOLDER;
    const { enliven, isFleeting = false } = options;
    const standIn = await startStandIn({
      folder: path.join(folder, "world"),
      hostedZones: hostedZones(stacks),
      ...(enliven === undefined ? {} : { enliven }),
    });
    const { plugin } = options;
    if (plugin !== undefined) {
      installPlugin(path.join(folder, "home"), plugin);
    }
    const providers =
      plugin === undefined
        ? standIn
        : { ...standIn, debugProviders: `random:${standIn.ports.random}`, environment: plugin.environment };
    return new Sandbox(folder, options.cli, stacks, providers, options.program, isFleeting);
  }

  /** What another process needs to run commands in this sandbox while it is open. */
  get variables(): Readonly<Record<string, string>> {
    const { debugProviders, environment } = this.standIn;
    const joined: z.output<typeof joinedSchema> = {
      folder: this.folder,
      stacks: this.stacks,
      debugProviders,
      environment,
      isFleeting: this.isFleeting,
    };
    return { [JOINED]: JSON.stringify(joined), ...this.backend, ...environment };
  }

  /** The sandbox that another process has open, if this one has its `variables`. */
  static joined(cli: Cli): Sandbox | undefined {
    const { data } = joinedSchema.safeParse(jsonOf(process.env[JOINED] ?? ""));
    return data === undefined
      ? undefined
      : new Sandbox(data.folder, cli, data.stacks, { ...data, stop: () => undefined }, undefined, data.isFleeting);
  }

  /** Runs the CLI on the terminal of this process. @returns its exit status */
  async run(args: readonly string[]): Promise<number> {
    return (await this.pulumi(args, "inherit", {})).status;
  }

  /** The same where there is no terminal, without the lines of what it prints that are not to be shown. */
  async runFiltered(args: readonly string[], isShown: (line: string) => boolean): Promise<number> {
    const show = (stdout: Readable): void => {
      createInterface(stdout).on("line", (line) => isShown(line) && process.stdout.write(`${line}\n`));
    };
    return (await this.pulumi(args, ["inherit", "pipe", "inherit"], {}, show)).status;
  }

  /** Runs the CLI and returns what it prints. @param environment variables beside the sandbox's own */
  capture(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return this.pulumi(args, ["ignore", "pipe", "pipe"], environment);
  }

  /**
   * Makes the stack the one that commands without `--stack` mean; a new one is created.
   *
   * @throws UserError with what the CLI said, when it cannot be
   */
  async select(stack: string): Promise<void> {
    const { status, stdout, stderr } = await this.capture(["stack", "select", "--create", stack]);
    if (status !== 0) {
      throw new UserError(`The stack ${stack} could not be selected.\n${stdout}${stderr}`);
    }
  }

  close(): void {
    this.standIn.stop();
  }

  private async pulumi(
    args: readonly string[],
    stdio: StdioOptions,
    extra: NodeJS.ProcessEnv,
    takeStdout?: (stdout: Readable) => void,
  ): Promise<Outcome> {
    const project = path.join(this.folder, "project");
    writeProject(project, this.stacks, this.program);
    // One for each command: a host hears only the engine that shook hands with it last.
    const host = this.cli.hasLanguageHost ? undefined : await startLanguageHost(this.standIn.environment);
    const child = spawn(this.cli.path, ["--cwd", project, ...args], {
      stdio,
      env: { ...this.environment(host?.port), ...extra },
    });
    const output = { stdout: "", stderr: "" };
    if (takeStdout !== undefined && child.stdout !== null) {
      takeStdout(child.stdout);
    } else {
      child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    }
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    // Ctrl-C reaches the CLI too, what a supervisor sends reaches us alone. It ends in good order at either, and the
    // providers must live until it has.
    const stayForCli = () => undefined;
    const passOn = (signal: NodeJS.Signals) => child.kill(signal);
    process.on("SIGINT", stayForCli).on("SIGTERM", passOn);
    try {
      const status = await new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
          resolve(code ?? 1);
        });
      });
      return { status, ...output };
    } finally {
      process.off("SIGINT", stayForCli).off("SIGTERM", passOn);
      host?.stop();
    }
  }

  /** Where the engine's state is, and how its secrets are read. */
  private get backend(): Readonly<Record<string, string>> {
    return {
      PULUMI_HOME: path.join(this.folder, "home"),
      // Beside each file that is written there would be another one with its hash.
      PULUMI_BACKEND_URL: `file://${path.join(this.folder, "state")}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    };
  }

  /** Nothing of the user's own Pulumi or AWS set-up takes part. */
  private environment(languageHost: number | undefined): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS|PULUMI)_/.test(name));
    return {
      ...Object.fromEntries(inherited),
      ...this.backend,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // The state is written after each step, and would be copied before.
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
      ...(this.isFleeting ? { PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_DEBUG_PROVIDERS: this.standIn.debugProviders,
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      ...this.standIn.environment,
      ...(languageHost === undefined
        ? {}
        : {
            PULUMI_DEBUG_LANGUAGES: `nodejs:${String(languageHost)}`,
            // Where the engine finds what runs policy packs, which comes with the language host too.
            PATH: [POLICY_RUNNER, process.env.PATH ?? ""].join(path.delimiter),
          }),
    };
  }
}

/**
 * The CLI writes all that it does into a log of its own, compressed and encrypted, and says nothing of it. That is more than
 * half of its processor time, and no setting turns it off: it goes on without where it cannot make the folder.
 */
function keepNoLogs(home: string): void {
  const logs = path.join(home, "logs");
  fs.rmSync(logs, { recursive: true, force: true });
  fs.writeFileSync(logs, "a file, so that no logs are kept\n");
}

/** Puts a plugin where the engine looks for it: in a folder, for one that is a link it passes over. */
function installPlugin(home: string, { name, program }: Plugin): void {
  const folder = path.join(home, "plugins", name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.symlinkSync(program, path.join(folder, path.basename(program)));
}
