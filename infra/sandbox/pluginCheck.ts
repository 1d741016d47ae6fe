import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PACKAGE_LOCK } from "../../components/node/packageLock";
import { packagesKey } from "../../components/node/protocol/storeKeys";
import { dependencies } from "../../package.json";
import { configOfStack } from "../config/ofStack";
import { STACKS_FOLDER } from "../config/stacks";
import type { Cli } from "../pulumi/cli";
import { findProgram } from "../pulumi/findProgram";
import { exitCodes } from "../terminal/exitCodes";
import { say } from "../terminal/say";
import { UserError } from "../terminal/userError";
import { MOTO_VERSION, startMoto } from "./moto";
import { PACKAGES_BUCKET } from "./project";
import { Sandbox, type Plugin } from "./sandbox";

const VERSION = dependencies["@pulumi/aws"];
const PROGRAM = "pulumi-resource-aws";

/** Paths of programs that come from elsewhere. */
export interface PluginPrograms {
  readonly plugin: string;
  /** `moto_server`. */
  readonly moto: string;
}

export interface PluginCheckOptions {
  readonly programs: PluginPrograms;
  readonly cli: Cli;
  readonly stack: string;
  /** Folder of the stack files. Default: the repository's. */
  readonly stacks?: string;
}

/** What is done one after the other, and ends with the first that fails: moto forgets all when it ends. */
const STEPS: readonly (readonly [title: string, ...command: string[]])[] = [
  ["deploys the stack", "up", "--yes", "--skip-preview"],
  ["finds nothing to do the second time", "preview", "--expect-no-changes"],
  ["finds AWS as it left it", "refresh", "--preview-only", "--expect-no-changes"],
  ["takes it down", "destroy", "--yes", "--skip-preview"],
];

/**
 * Has the provider's own plugin deploy a stack to moto, look for changes twice, and take the stack down: whether a
 * release of the provider takes what the program declares. It has a folder of its own, which is gone afterwards.
 *
 * @returns the exit status of the first step that fails, else 0
 * @throws UserError for a stack that cannot be tried so
 */
export async function checkWithPlugin({
  programs,
  cli,
  stack,
  stacks = STACKS_FOLDER,
}: PluginCheckOptions): Promise<number> {
  requireFit(stacks, stack);
  const moto = await startMoto(programs.moto);
  const plugin: Plugin = {
    name: `resource-aws-v${VERSION}`,
    program: programs.plugin,
    environment: moto.environment,
  };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-plugin-"));
  try {
    await putPackages(moto.url, moto.environment);
    const sandbox = await Sandbox.open({ cli, folder, plugin, stacks });
    try {
      return await steps(sandbox, stack);
    } finally {
      sandbox.close();
    }
  } finally {
    await moto.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function steps(sandbox: Sandbox, stack: string): Promise<number> {
  await sandbox.select(stack);
  for (const [title, ...command] of STEPS) {
    say(`${PROGRAM} ${VERSION} ${title}`);
    const status = await sandbox.run(command);
    if (status !== 0) {
      say(`it does not: \`${command.join(" ")}\` ended with ${status}. What moto lacks is no fault of the plugin's`);
      return status;
    }
  }
  return 0;
}

/** That moto can have what the stack expects to be there, and that the stack can be taken down in one step. */
function requireFit(stacks: string, stack: string): void {
  const { zones, protection } = configOfStack(stack, stacks);
  const refuse = (wanted: string) =>
    new UserError(`sandbox --with aws-plugin: must be a stack with ${wanted}`, exitCodes.usage);
  const id = zones.flatMap((zone) => zone.id ?? [])[0];
  if (id !== undefined) {
    throw refuse(`zones of its own (\`create: true\`), for moto has none, got ${stack} with ${id}`);
  }
  if (protection) {
    throw refuse(`\`footprint:protection: false\`, so that it can be taken down in one step, got ${stack} without it`);
  }
}

/** @throws UserError where one of them is missing */
export function pluginPrograms(): PluginPrograms {
  const home = process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi");
  const installed = path.join(home, "plugins", `resource-aws-v${VERSION}`);
  const plugin = findProgram(PROGRAM, [installed, process.env.PATH ?? ""].join(path.delimiter));
  if (plugin === undefined) {
    throw new UserError(
      `${PROGRAM} ${VERSION} is neither in ${installed} nor on PATH: get it with \`pulumi plugin install resource aws v${VERSION}\``,
      exitCodes.usage,
    );
  }
  const moto = findProgram("moto_server", process.env.PATH ?? "");
  if (moto === undefined) {
    throw new UserError(
      `moto_server is not on PATH: \`pip install 'moto[server]==${MOTO_VERSION}'\` in a virtual environment, and put its bin folder on PATH`,
      exitCodes.usage,
    );
  }
  return { plugin, moto };
}

/** The bucket that the stack takes its nodes' packages from; what is in it nobody reads here. */
async function putPackages(endpoint: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = environment;
  const client = new S3Client({
    ...{ endpoint, region: "us-east-1", forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } },
  });
  await client.send(new CreateBucketCommand({ Bucket: PACKAGES_BUCKET }));
  const key = packagesKey(PACKAGE_LOCK.archive.sha256);
  await client.send(new PutObjectCommand({ Bucket: PACKAGES_BUCKET, Key: key, Body: "packages" }));
}
