import { spawn } from "node:child_process";
import type * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import engine from "@pulumi/pulumi/proto/engine_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import resource from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { registered, registration, STACK_TYPE, type Registration } from "../../infra/plan/harness";
import { serve, unary } from "../../infra/sandbox/grpcServer";
import { repository } from "./tree";

export interface Run {
  readonly exitCode: number | null;
  /** Errors that the program told the engine. */
  readonly errors: readonly string[];
  readonly registrations: readonly Registration[];
}

/**
 * Previews the program of this repository as Pulumi's Node language host does, in a process of its own that speaks to an
 * engine over gRPC. The engine is the least that answers; what it takes from the program is real.
 */
export async function previewAsLanguageHost(stack: string, config: Readonly<Record<string, string>>): Promise<Run> {
  const registrations: Registration[] = [];
  const errors: string[] = [];
  const forMonitor = await serve(ResourceMonitorService, monitor(stack, registrations));
  const forEngine = await serve(EngineService, engineThatHears(errors));
  try {
    const exitCode = await runProgram([forMonitor.port, forEngine.port], stack, config);
    return { exitCode, errors, registrations };
  } finally {
    forMonitor.stop();
    forEngine.stop();
  }
}

function runProgram(
  [monitorPort, enginePort]: readonly [number, number],
  stack: string,
  config: Readonly<Record<string, string>>,
): Promise<number | null> {
  const child = spawn(
    process.execPath,
    [
      require.resolve("@pulumi/pulumi/cmd/run"),
      ...[
        "--monitor",
        `127.0.0.1:${String(monitorPort)}`,
        "--engine",
        `127.0.0.1:${String(enginePort)}`,
        "--project",
        "footprint",
        "--stack",
        stack,
      ],
      ...["--pwd", repository, "--dry-run", "--parallel", "16", "."],
    ],
    {
      stdio: "ignore",
      timeout: 300_000,
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_NODEJS_TYPESCRIPT: "true",
        PULUMI_NODEJS_PROJECT: "footprint",
        PULUMI_NODEJS_STACK: stack,
        PULUMI_NODEJS_DRY_RUN: "true",
        // Pulumi notes a stack for every promise, and mapping these would take most of the time.
        NODE_OPTIONS: "--stack-trace-limit=0",
      },
    },
  );
  return new Promise((resolve) => child.on("exit", resolve));
}

function monitor(stack: string, registrations: Registration[]): grpc.UntypedServiceImplementation {
  return {
    supportsFeature: unary((request: resource.SupportsFeatureRequest) => {
      // With output values the program would say more than a plan records.
      const response = new resource.SupportsFeatureResponse();
      response.setHassupport(!["outputValues", "transforms", "invokeTransforms"].includes(request.getId()));
      return response;
    }),
    registerResource: unary((request: resource.RegisterResourceRequest) => {
      const made = registration(request, stack);
      if (made.type !== STACK_TYPE) {
        registrations.push(made);
      }
      return registered(request, made);
    }),
    registerResourceOutputs: unary(() => new Empty()),
    registerResourceHook: unary(() => new Empty()),
    signalAndWaitForShutdown: unary(() => new Empty()),
  };
}

function engineThatHears(errors: string[]): grpc.UntypedServiceImplementation {
  return {
    log: unary((request: engine.LogRequest) => {
      if (request.getSeverity() === engine.LogSeverity.ERROR) {
        errors.push(request.getMessage());
      }
      return new Empty();
    }),
    getRootResource: unary(() => new engine.GetRootResourceResponse()),
    setRootResource: unary(() => new engine.SetRootResourceResponse()),
  };
}
