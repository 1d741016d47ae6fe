import { execFileSync, spawn, type StdioOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import semver from "semver";
import { cacheHome } from "../terminal/cacheHome";
import { findProgram } from "./findProgram";

/** The release that is downloaded or built where none is installed. The launcher's version in package.json is the same. */
export const CLI_VERSION = "3.250.0";

/** The SDK's version in package.json; an older CLI may lack what it asks for. */
const OLDEST_CLI = "3.248.0";

/** What the CLI's dependencies declare (go.mod). */
const OLDEST_GO = "1.25.11";

export interface Cli {
  readonly path: string;
  readonly version: string;
  /** Whether Pulumi's own host for Node programs is beside it; one that was built here comes without. */
  readonly hasLanguageHost: boolean;
}

export interface CliSources {
  /** Folders in which programs are looked for. */
  readonly path: string;
  /** Where downloads and builds are kept. */
  readonly cache: string;
  /** Script of the npm package `pulumi`, which downloads the CLI. */
  readonly launcher: string;
  /** Folder of the Go module that pins the CLI. */
  readonly module: string;
}

function defaultSources(): CliSources {
  return {
    path: process.env.PATH ?? "",
    cache: path.join(cacheHome(), "pulumi"),
    launcher: require.resolve("pulumi/run.js"),
    module: path.join(__dirname, "go"),
  };
}

/**
 * The Pulumi CLI: one on PATH; else the official download; else one built from its Go modules, for networks that reach
 * a module proxy but not the download host. Download and build happen once.
 *
 * @param say told of each step that is tried, and of progress
 * @returns undefined where none of this is possible
 */
export async function resolveCli(say: (line: string) => void, sources = defaultSources()): Promise<Cli | undefined> {
  return installedCli(say, sources) ?? (await download(say, sources)) ?? (await build(say, sources));
}

/** The CLI that needs neither download nor build, if there is one. */
export function installedCli(say: (line: string) => void, sources = defaultSources()): Cli | undefined {
  return onPath(say, sources) ?? cliAt(downloadedCli(sources)) ?? cliAt(builtCli(sources));
}

function onPath(say: (line: string) => void, sources: CliSources): Cli | undefined {
  const found = findProgram("pulumi", sources.path);
  const cli = found === undefined ? undefined : cliAt(found);
  if (cli !== undefined && semver.lt(cli.version, OLDEST_CLI)) {
    say(`${cli.path} is version ${cli.version}, at least ${OLDEST_CLI} is needed; looking for another`);
    return undefined;
  }
  return cli;
}

async function download(say: (line: string) => void, sources: CliSources): Promise<Cli | undefined> {
  say(`no Pulumi CLI on PATH; downloading ${CLI_VERSION} by its official launcher, once`);
  const environment = { ...process.env, PULUMI_HOME: sources.cache, PULUMI_VERSION: CLI_VERSION };
  const failure = await runSlowly(say, process.execPath, [sources.launcher, "version"], { env: environment });
  if (failure !== undefined) {
    say(`the download failed: ${failure}`);
  }
  return cliAt(downloadedCli(sources));
}

async function build(say: (line: string) => void, sources: CliSources): Promise<Cli | undefined> {
  const go = findProgram("go", sources.path);
  if (go === undefined) {
    say("Go is not installed, so the CLI cannot be built either");
    return undefined;
  }
  const version = semver.coerce(outputOf(go, ["version"]))?.version ?? "0.0.0";
  if (semver.lt(version, OLDEST_GO)) {
    say(`Go is version ${version}, at least ${OLDEST_GO} is needed to build the CLI`);
    return undefined;
  }
  say(`building the CLI ${CLI_VERSION} with Go ${version}, once; this takes some minutes`);
  const target = builtCli(sources);
  const scratch = `${path.dirname(target)}.${String(process.pid)}`;
  const name = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
  const failure = await runSlowly(
    say,
    go,
    [
      ...["build", "-tags", "osusergo,grpcnotrace", "-ldflags", `-s -w -X ${name}=v${CLI_VERSION}`],
      ...["-o", path.join(scratch, "pulumi"), "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
    ],
    { cwd: sources.module, env: { ...process.env, CGO_ENABLED: "0", PATH: sources.path } },
  );
  if (failure === undefined) {
    // Whole or not at all: another process may look for it meanwhile, or build it too.
    fs.rmSync(path.dirname(target), { recursive: true, force: true });
    fs.renameSync(scratch, path.dirname(target));
  } else {
    say(`the build failed: ${failure}`);
  }
  fs.rmSync(scratch, { recursive: true, force: true });
  return cliAt(target);
}

/** The launcher's own choice below PULUMI_HOME. */
function downloadedCli({ cache }: CliSources): string {
  return path.join(cache, "versions", CLI_VERSION, "bin", "pulumi");
}

function builtCli({ cache, module }: CliSources): string {
  const pins = ["go.mod", "go.sum"].map((file) => fs.readFileSync(path.join(module, file)));
  const hash = createHash("sha256").update(Buffer.concat(pins)).digest("hex");
  return path.join(cache, "built", `${CLI_VERSION}-${hash.slice(0, 12)}`, "pulumi");
}

/** The CLI at this path, if it is there and says its version. */
function cliAt(file: string): Cli | undefined {
  const version = semver.valid(outputOf(file, ["version"]).trim());
  if (version === null) {
    return undefined;
  }
  const folder = path.dirname(fs.realpathSync(file));
  return { path: file, version, hasLanguageHost: fs.existsSync(path.join(folder, "pulumi-language-nodejs")) };
}

/** What a program prints; nothing when it cannot be run. */
function outputOf(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      encoding: "utf8",
      timeout: 30_000,
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
  } catch {
    return "";
  }
}

/** Runs a program and says every quarter of a minute that it still does. @returns why it failed, if it did */
async function runSlowly(
  say: (line: string) => void,
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env: NodeJS.ProcessEnv },
): Promise<string | undefined> {
  const started = Date.now();
  const seconds = () => String(Math.round((Date.now() - started) / 1000));
  const stdio: StdioOptions = ["ignore", "ignore", "pipe"];
  const child = spawn(program, args, { ...options, stdio });
  const complaints: string[] = [];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => complaints.push(text));
  const ticker = setInterval(() => {
    say(`still at it after ${seconds()} s`);
  }, 15_000);
  const [status] = (await once(child, "close").catch((error: unknown) => [String(error)])) as [number | string | null];
  clearInterval(ticker);
  if (status === 0) {
    say(`done in ${seconds()} s`);
    return undefined;
  }
  const said = complaints.join("").trim();
  return said === "" ? `exit status ${String(status)}` : said.split("\n").slice(-3).join("; ");
}
