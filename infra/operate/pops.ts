import { exitCodes } from "../cli/exitCodes";
import { STACKS_FOLDER, stackFile } from "../commands/stacks";
import { UserError } from "../commands/userError";
import { loadConfig } from "../config/load";
import type { FootprintConfig } from "../config/model";
import { compare, didYouMean } from "../config/problems";
import { stackConfigFromFile } from "../config/stackFile";
import { stackOutputs, type StackOutputs } from "./outputs";

/** A PoP that is deployed, and where it is found. */
export interface DeployedPop {
  readonly region: string;
  /** Its store. */
  readonly bucket: string;
  /** Name of its Auto Scaling group. */
  readonly group: string;
  /** As the stack file has it now; "unlisted" when the file has it no more. */
  readonly state: "active" | "drained" | "unlisted";
}

/** A stack as it was deployed, beside its file as it stands now. */
export interface Deployment {
  readonly stack: string;
  /** Path of the stack file. */
  readonly file: string;
  readonly config: FootprintConfig;
  readonly outputs: StackOutputs;
  /** What is deployed, sorted by region. */
  readonly pops: readonly DeployedPop[];
  /** Regions that the file has and the deployment does not. */
  readonly notDeployed: readonly string[];
}

/** Options that every command of the operator's tool has. */
export interface StackOptions {
  readonly stack: string;
  readonly outputs?: string;
}

/** Reads the stack file and the stack's outputs. What is deployed counts: a purge must reach what still serves. */
export async function deployment(options: StackOptions, folder = STACKS_FOLDER): Promise<Deployment> {
  const { stack } = options;
  const file = stackFile(stack, folder);
  const config = loadConfig(stack, stackConfigFromFile(file));
  const outputs = await stackOutputs(stack, options.outputs);
  const states = new Map(config.pops.map(({ region, state }) => [region, state]));
  const pops = Object.entries(outputs.storeBuckets)
    .map(([region, bucket]): DeployedPop => {
      const group = outputs.nodeGroups[region];
      if (group === undefined) {
        throw new UserError(`The outputs of stack ${stack} name a store in ${region}, but no group of nodes.`);
      }
      return { region, bucket, group, state: states.get(region) ?? "unlisted" };
    })
    .sort((a, b) => compare(a.region, b.region));
  const notDeployed = config.pops.map(({ region }) => region).filter((region) => !(region in outputs.storeBuckets));
  return { stack, file, config, outputs, pops, notDeployed };
}

/** The PoP in a region that was named on the command line. */
export function popOf(pops: readonly DeployedPop[], option: string, region: string): DeployedPop {
  const found = pops.find((pop) => pop.region === region);
  if (found === undefined) {
    const regions = pops.map((pop) => pop.region);
    throw new UserError(
      `${option}: must be the region of a deployed PoP, got "${region}"${didYouMean(region, regions)}; there are: ${regions.join(", ")}`,
      exitCodes.usage,
    );
  }
  return found;
}
