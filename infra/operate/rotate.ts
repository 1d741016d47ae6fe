import { readFileSync } from "node:fs";
import type { ParameterPair, SecretRole } from "../../components/node/protocol/pointer";
import type { FootprintConfig } from "../config/model";
import { configOfStack } from "../config/ofStack";
import { stackFile } from "../config/stacks";
import { awsReason } from "../terminal/awsReason";
import { confirm, json, type Terminal } from "../terminal/confirm";
import { exitCodes } from "../terminal/exitCodes";
import { replaceFile } from "../terminal/replaceFile";
import { UserError } from "../terminal/userError";
import { clientsOf } from "./clients";
import { withGeneration, type GenerationKey } from "./generations";
import { readGroup, readNodes, readPointer, takesRequests } from "./look";
import { knowsSecrets } from "./popStatus";
import { deployment, type Deployment, type DeployedPop, type StackOptions } from "./pops";
import { renewHead } from "./publish";
import { purgeKeys } from "./secretValues";

const GENERATIONS: Readonly<Record<SecretRole, GenerationKey>> = { "origin-auth": "originAuth", purge: "purge" };

/** Outputs that a rotation cannot do without. */
const NEEDED = ["configurationKeys", "nodeGroups", "secretGenerations"] as const;

export interface RotateOptions extends StackOptions {
  /** Say where the rotation stands, and do nothing. */
  readonly check?: true;
  readonly json?: true;
  readonly yes?: true;
}

/** Where a rotation stands. What `footprint rotate --json` prints. */
export interface Rotation {
  readonly stack: string;
  readonly secret: SecretRole;
  /**
   * complete: every node knows the values of the deployed generation, and the next rotation can begin.
   * up: the stack file is one generation ahead, and `pulumi up` is to follow.
   * spreading: some nodes do not know the values yet, or a region's pointer names others.
   */
  readonly step: "complete" | "up" | "spreading";
  readonly generation: { readonly file: number; readonly deployed: number };
  /** Where the values are, by region; the values themselves are never shown. */
  readonly parameters: Readonly<Record<string, ParameterPair>>;
  /** Nodes, and PoPs that cannot be read, that keep it from being complete. */
  readonly behind: readonly string[];
}

/**
 * Says where a rotation stands, and does the next step that is the tool's to do.
 *
 * @returns the exit status: 0 when the rotation is complete or a step was done, 1 when something else must come first
 */
export async function runRotate(
  secret: SecretRole,
  options: RotateOptions,
  terminal: Terminal,
  folder?: string,
): Promise<number> {
  const file = stackFile(options.stack, folder);
  const config = configOfStack(options.stack, folder);
  const deployed = await deployment(options, NEEDED, terminal, folder);
  const rotation = await whereItStands(deployed, config, secret);
  if (rotation.step !== "complete" || options.check === true) {
    terminal.out(options.json === true ? json(rotation) : standText(rotation));
    return rotation.step === "complete" ? exitCodes.ok : exitCodes.failure;
  }
  terminal.say(standText(rotation).trimEnd());
  await confirm(terminal, question(rotation), options.yes);
  if (secret === "purge") {
    await renewHeads(deployed.pops, terminal);
  }
  const key = GENERATIONS[secret];
  const generation = rotation.generation.file + 1;
  replaceFile(file, withGeneration(readFileSync(file, "utf8"), file, key, generation));
  const begun: Rotation = { ...rotation, step: "up", generation: { ...rotation.generation, file: generation } };
  terminal.out(options.json === true ? json(begun) : standText(begun));
  return exitCodes.ok;
}

async function whereItStands(
  { stack, outputs, pops, notDeployed }: Deployment<(typeof NEEDED)[number]>,
  config: FootprintConfig,
  secret: SecretRole,
): Promise<Rotation> {
  const key = GENERATIONS[secret];
  const generation = { file: config.secrets[key], deployed: outputs.secretGenerations[key] };
  if (generation.file !== generation.deployed && generation.file !== generation.deployed + 1) {
    throw new UserError(
      `secrets.${key}: must be ${String(generation.deployed)} as deployed, or one more, got ${String(generation.file)}: ` +
        "a step of another size takes away the value that is in use; correct the stack file",
      exitCodes.usage,
    );
  }
  const found = await Promise.all(pops.map((pop) => popSecrets(pop, secret, generation.deployed)));
  const behind = [
    ...found.flatMap((pop) => pop.behind),
    ...notDeployed.map((region) => `${region} (in the stack file, and not in the outputs: they may be old)`),
  ];
  return {
    stack,
    secret,
    step: generation.file > generation.deployed ? "up" : behind.length > 0 ? "spreading" : "complete",
    generation,
    parameters: Object.fromEntries(found.flatMap(({ region, pair }) => (pair === undefined ? [] : [[region, pair]]))),
    behind,
  };
}

async function popSecrets(pop: DeployedPop, secret: SecretRole, deployed: number) {
  const { region } = pop;
  const clients = clientsOf(region);
  try {
    const [pointer, group] = await Promise.all([readPointer(clients, pop), readGroup(clients, pop)]);
    const pair = pointer.parameters[secret];
    const nodes = (await readNodes(clients, pop, group)).filter(takesRequests);
    const behind = nodes
      .filter(({ report }) => report === undefined || !knowsSecrets(report, pointer))
      .map(({ instance, report }) => `${region} ${instance}${report === undefined ? " (does not report)" : ""}`);
    return { region, pair, behind: [...pointerBehind(region, pair, deployed), ...behind] };
  } catch (error) {
    return { region, pair: undefined, behind: [`${region} (cannot be looked at: ${awsReason(error)})`] };
  }
}

/** Whoever put back a former pointer has put back the generation that it names, and its nodes go by it. */
function pointerBehind(region: string, { generation }: ParameterPair, deployed: number): readonly string[] {
  return generation === undefined || generation === deployed
    ? []
    : [
        `${region} (its pointer names generation ${String(generation)}: \`pulumi refresh\` and \`pulumi up\` put it right)`,
      ];
}

/** The purge log's head must be signed with a key that nodes know before and after: else they would believe nothing any more. */
async function renewHeads(pops: readonly DeployedPop[], terminal: Terminal): Promise<void> {
  const failures = await Promise.all(
    pops.map(async (pop) => {
      const clients = clientsOf(pop.region);
      try {
        const keys = await purgeKeys(clients, await readPointer(clients, pop));
        const say = (line: string): void => {
          terminal.say(`${pop.region}: ${line}`);
        };
        await renewHead({ s3: clients.s3, region: pop.region, bucket: pop.bucket, keys, say });
        return [];
      } catch (error) {
        return [`${pop.region}: ${awsReason(error)}`];
      }
    }),
  );
  if (failures.flat().length > 0) {
    throw new UserError(
      `The purge log could not be signed anew, and nothing was changed:\n${failures.flat().join("\n")}`,
    );
  }
}

function question({ secret, stack, generation }: Rotation): string {
  const raise = `Raise secrets.${GENERATIONS[secret]} to ${String(generation.file + 1)} in stacks/Pulumi.${stack}.yaml?`;
  return secret === "origin-auth" ? `Do all origins accept both values, current and next? ${raise}` : raise;
}

function standText({ stack, secret, step, generation, parameters, behind }: Rotation): string {
  const deployed = String(generation.deployed);
  switch (step) {
    case "up":
      return [
        `${secret}: the stack file says generation ${String(generation.file)}, deployed is ${deployed}.`,
        `Next: pulumi up --stack ${stack}, and then footprint rotate ${secret} --stack ${stack} --check\n`,
      ].join("\n");
    case "spreading":
      return [
        `${secret}: generation ${deployed} is deployed, and these do not know its values yet:`,
        ...behind.map((each) => `  ${each}`),
        "Nodes look every few seconds: wait, and ask again. Until then the former values must stay accepted.\n",
      ].join("\n");
    case "complete":
      return [
        `${secret}: generation ${deployed} is deployed, and every node knows its values.`,
        ...(secret === "origin-auth"
          ? [
              "Origins may forget the value before it. They must accept the value `next` before a rotation begins; it is",
              "the same in every region, in the parameter:",
              ...Object.entries(parameters).map(
                ([region, { next }]) => `  ${region}  ${next.name}  version ${String(next.version)}`,
              ),
              "",
            ]
          : ["Purges are signed with it from now on; nothing else is to be done.\n"]),
      ].join("\n");
  }
}
