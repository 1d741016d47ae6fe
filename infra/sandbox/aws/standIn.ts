import * as path from "node:path";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { dependencies } from "../../../package.json";
import { serve, type Server } from "../grpcServer";
import { Cloud } from "./cloud";
import { Faults } from "./faults";
import { serveHealth } from "./health";
import type { Enliven } from "./live";
import { CallLog } from "./log";
import { providerService } from "./provider";
import { World } from "./world";

export interface StandInOptions {
  /** It is made when it is not there. */
  readonly folder: string;
  /** What ids and addresses are made of, beside URNs. Default: the same for everybody. */
  readonly seed?: string;
  /** Hosted zones that are there without the program: name by id. */
  readonly hostedZones?: Readonly<Record<string, string>>;
  /** Brings to life what there is. Default: nothing does, and nodes are healthy at once. */
  readonly enliven?: Enliven;
}

export interface StandIn {
  /** For `PULUMI_DEBUG_PROVIDERS`. */
  readonly debugProviders: string;
  readonly ports: Readonly<Record<"aws" | "random", number>>;
  /** What the program's own questions to AWS need in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: () => void;
}

const ZONE = "aws:route53/zone:Zone";

/**
 * Starts the stand-in of AWS: resource providers for the packages `aws` and `random` on ports of the loopback interface.
 * What exists is kept in the folder, so the next start goes on where this one ends: `entities/` has it, `calls.jsonl`
 * every call, and `faults.json` what is to go wrong.
 */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { folder, seed = "sandbox", hostedZones = {} } = options;
  const world = new World(path.join(folder, "entities"));
  for (const [id, name] of Object.entries(hostedZones)) {
    const zone = { type: ZONE, id, region: null };
    if (world.get(zone) === undefined) {
      world.put({ ...zone, urn: null, properties: { id, zoneId: id, name }, given: ["name"], secrets: [] });
    }
  }
  const cloud = new Cloud(world, seed);
  const live = options.enliven?.(world);
  const backing = { faults: new Faults(folder), log: new CallLog(folder), live };
  const start = (name: "@pulumi/aws" | "@pulumi/random"): Promise<Server> =>
    serve(
      ResourceProviderService,
      providerService({
        ...backing,
        // Each package has its own configuration; only `aws` has a region.
        cloud: name === "@pulumi/aws" ? cloud : new Cloud(world, seed),
        version: dependencies[name],
      }),
    );
  const [aws, random] = [await start("@pulumi/aws"), await start("@pulumi/random")];
  const health = live === undefined ? await serveHealth(world) : undefined;
  return {
    environment: { ...health?.environment, ...live?.environment },
    debugProviders: `aws:${aws.port},random:${random.port}`,
    ports: { aws: aws.port, random: random.port },
    stop: () => {
      aws.stop();
      random.stop();
      health?.stop();
    },
  };
}
