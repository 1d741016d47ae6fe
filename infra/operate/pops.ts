import { compare, didYouMean } from "../config/problems";
import { STACKS_FOLDER } from "../config/stacks";
import type { Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { fileView } from "./fileView";
import { stackOutputs, type Needed, type StackOutputs } from "./outputs";

/** A PoP that is deployed, and where it is found. */
export interface DeployedPop {
  readonly region: string;
  /** Its store. */
  readonly bucket: string;
  /** Name of its Auto Scaling group; undefined when the outputs do not tell. */
  readonly group: string | undefined;
  /** As it was deployed; of a deployment that does not tell, as the stack file has it now, if it does. */
  readonly state: "active" | "drained" | "unlisted";
  /** What verifies its pointer; undefined when the outputs do not tell. */
  readonly configurationKeys: readonly string[] | undefined;
  /** Whether the stack file still has it. */
  readonly listed: boolean;
}

/** A stack as it was deployed, beside its file as it stands now. */
export interface Deployment<N extends Needed = never> {
  readonly stack: string;
  readonly outputs: StackOutputs<N>;
  /** What is deployed, sorted by region. */
  readonly pops: readonly DeployedPop[];
  /** Hosts of the sites, sorted: those that are deployed and those of the stack file. */
  readonly hosts: readonly string[];
  /** Regions that the file has and the deployment does not, as far as its outputs tell: they may be old. */
  readonly notDeployed: readonly string[];
}

/** Options that every command of the operator's tool has. */
export interface StackOptions {
  readonly stack: string;
  readonly outputs?: string;
}

/**
 * Reads the stack's outputs, and what its file says beside them. What is deployed counts: a purge must reach what still
 * serves, whatever somebody is writing into the file.
 *
 * @param needed outputs that the command cannot do without, beside the stores
 * @throws UserError when the outputs cannot be read, or name no PoP at all
 */
export async function deployment<N extends Needed = never>(
  options: StackOptions,
  needed: readonly N[],
  terminal: Pick<Terminal, "say">,
  folder = STACKS_FOLDER,
): Promise<Deployment<N>> {
  const { stack } = options;
  const outputs = await stackOutputs(stack, options.outputs, needed, terminal);
  const { states, hosts, problem } = fileView(stack, folder);
  if (problem !== undefined) {
    terminal.say(`The stack file cannot be read as it stands (${problem}): what was deployed counts.`);
  }
  const pops = Object.entries(outputs.storeBuckets)
    .map(([region, bucket]): DeployedPop => {
      const listed = states.has(region) || (problem !== undefined && states.size === 0);
      const state = outputs.popStates?.[region] ?? states.get(region) ?? (listed ? "active" : "unlisted");
      const { configurationKeys } = outputs;
      return { region, bucket, group: outputs.nodeGroups?.[region], state, configurationKeys, listed };
    })
    .sort((a, b) => compare(a.region, b.region));
  if (pops.length === 0) {
    throw new UserError(`The outputs of stack ${stack} name no PoP: nothing is deployed, as far as they tell.`);
  }
  return {
    stack,
    outputs,
    pops,
    hosts: [...new Set([...(outputs.hosts ?? []), ...hosts])].sort(compare),
    notDeployed: [...states.keys()].filter((region) => !(region in outputs.storeBuckets)),
  };
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
