import { spawn } from "node:child_process";
import * as path from "node:path";
import * as readline from "node:readline";
import type { Readable } from "node:stream";
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import engine, { type LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import language from "@pulumi/pulumi/proto/language_pb";
import plugin from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { version } from "../../package.json";
import { cacheHome } from "../terminal/cacheHome";
import { serve, unary, type Server } from "./grpcServer";

/** With this status a program ends that has told the user what is wrong; the engine then adds nothing of its own. */
const TOLD_THE_USER = 32;

/**
 * What the engine asks to run a program in Node, for a CLI that was built without its language hosts: the part of
 * Pulumi's own host that this project's program needs. The engine attaches to it by `PULUMI_DEBUG_LANGUAGES=nodejs:PORT`.
 *
 * @param environment of the program, beside that of this process
 */
export async function startLanguageHost(environment: NodeJS.ProcessEnv = {}): Promise<Server> {
  let engineAddress = "";
  return serve(LanguageRuntimeService, {
    handshake: unary((request: language.LanguageHandshakeRequest) => {
      engineAddress = request.getEngineAddress();
      return new language.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    // The providers are attached, so there is nothing to download.
    getRequiredPackages: unary(() => new language.GetRequiredPackagesResponse()),
    getRequiredPlugins: unary(() => new language.GetRequiredPluginsResponse()),
    runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
    getProgramDependencies: unary(() => new language.GetProgramDependenciesResponse()),
    about: unary(() => {
      const about = new language.AboutResponse();
      about.setExecutable(process.execPath);
      about.setVersion(process.version);
      return about;
    }),
    cancel: unary(() => new Empty()),
    run: unary(async (request: language.RunRequest) => {
      const status = await runProgram(request, engineAddress, environment);
      const response = new language.RunResponse();
      if (status === TOLD_THE_USER) {
        response.setBail(true);
      } else if (status !== 0) {
        response.setError(`the program ended with ${String(status)}`);
      }
      return response;
    }),
  });
}

/** @returns the exit status of the program's process, or the signal that ended it */
async function runProgram(
  request: language.RunRequest,
  engineAddress: string,
  environment: NodeJS.ProcessEnv,
): Promise<number | NodeJS.Signals> {
  const directory = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const child = spawn(process.execPath, programArguments(request, engineAddress), {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...environment,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      // ts-node would load the compiler at every run; what is loaded first translates each file once.
      PULUMI_NODEJS_TYPESCRIPT: "false",
      // Nor is the SDK compiled anew each time, as in the command line.
      NODE_COMPILE_CACHE: path.join(cacheHome(), "node"),
    },
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => {
      resolve(status ?? signal ?? 1);
    });
  });
  const log = new EngineLog(engineAddress);
  await Promise.all([
    log.forward(child.stdout, engine.LogSeverity.INFO),
    log.forward(child.stderr, engine.LogSeverity.ERROR),
  ]);
  const status = await ended;
  log.close();
  return status;
}

function programArguments(request: language.RunRequest, engineAddress: string): string[] {
  const options = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": request.getInfo()?.getRootDirectory(),
    stack: request.getStack(),
    pwd: request.getPwd(),
    parallel: String(request.getParallel()),
  };
  return [
    // Pulumi takes the stack of every promise that it makes, and translating these takes as long as all the rest.
    ...["--stack-trace-limit=1", "-r", path.join(__dirname, "..", "cli", "typescript.js")],
    ...["-r", path.join(__dirname, "program.ts")],
    path.join(path.dirname(require.resolve("@pulumi/pulumi/package.json")), "cmd", "run"),
    ...Object.entries(options).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [`--${name}`, value],
    ),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    request.getInfo()?.getEntryPoint() ?? ".",
    ...request.getArgsList(),
  ];
}

/** What the program prints belongs to the engine's display: written to the terminal, it would tear that apart. */
class EngineLog {
  private readonly client: EngineClient;

  constructor(address: string) {
    this.client = new EngineClient(address, grpc.credentials.createInsecure());
  }

  async forward(output: Readable, severity: LogSeverity): Promise<void> {
    for await (const line of readline.createInterface({ input: output })) {
      const request = new engine.LogRequest();
      request.setSeverity(severity);
      request.setMessage(line);
      await new Promise<void>((resolve) => {
        // An engine that is gone has nobody left to tell.
        this.client.log(request, () => {
          resolve();
        });
      });
    }
  }

  close(): void {
    this.client.close();
  }
}
