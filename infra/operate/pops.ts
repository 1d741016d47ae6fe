import { loadConfig } from "../config/load";
import type { FootprintConfig } from "../config/model";
import { compare, didYouMean } from "../config/problems";
import { stackConfigFromFile } from "../config/stackFile";
import { STACKS_FOLDER, stackFile } from "../config/stacks";
import type { Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { stackOutputs, type StackOutputs } from "./outputs";

/** A PoP that is deployed, and where it is found. */
export interface DeployedPop {
  readonly region: string;
  /** Its store. */
  readonly bucket: string;
  /** Name of its Auto Scaling group. */
  readonly group: string;
  /** As it was deployed; of a deployment that does not tell, as the stack file has it now, if it does. */
  readonly state: "active" | "drained" | "unlisted";
  /** Whether the stack file still has it. */
  readonly listed: boolean;
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
  /** Regions that the file has and the deployment does not, as far as its outputs tell: they may be old. */
  readonly notDeployed: readonly string[];
}

/** Options that every command of the operator's tool has. */
export interface StackOptions {
  readonly stack: string;
  readonly outputs?: string;
}

/**
 * Reads the stack file and the stack's outputs. What is deployed counts: a purge must reach what still serves.
 *
 * @throws UserError when they cannot be read, or name no PoP at all
 */
export async function deployment(
  options: StackOptions,
  terminal: Pick<Terminal, "say">,
  folder = STACKS_FOLDER,
): Promise<Deployment> {
  const { stack } = options;
  const file = stackFile(stack, folder);
  const config = loadConfig(stack, stackConfigFromFile(file));
  const outputs = await stackOutputs(stack, options.outputs, terminal);
  const states = new Map(config.pops.map(({ region, state }) => [region, state]));
  const pops = Object.entries(outputs.storeBuckets)
    .map(([region, bucket]): DeployedPop => {
      const group = outputs.nodeGroups[region];
      if (group === undefined) {
        throw new UserError(`The outputs of stack ${stack} name a store in ${region}, but no group of nodes.`);
      }
      const state = outputs.popStates?.[region] ?? states.get(region) ?? "unlisted";
      return { region, bucket, group, state, listed: states.has(region) };
    })
    .sort((a, b) => compare(a.region, b.region));
  if (pops.length === 0) {
    throw new UserError(`The outputs of stack ${stack} name no PoP: nothing is deployed, as far as they tell.`);
  }
  const notDeployed = config.pops.map(({ region }) => region).filter((region) => !(region in outputs.storeBuckets));
  return { stack, file, config, outputs, pops, notDeployed };
}

/** Why some PoPs of the stack file are left out. */
export function notDeployedText(regions: readonly string[]): string {
  return (
    `In the stack file, and not deployed as far as the outputs tell: ${regions.join(", ")}. ` +
    "Nothing is looked at or done there; if they are deployed, the outputs are old."
  );
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
