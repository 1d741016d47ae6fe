import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { PackageLock, SsmAgentPackage } from "../../components/node/packageLock";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";
import { packageFile } from "./packageFiles";
import { relationsOf, stanzasOf } from "./resolve";

/** AWS's own place of its agent's releases; every region has one, with the same files. */
const SSM_AGENT_RELEASES = "https://s3.us-east-1.amazonaws.com/amazon-ssm-us-east-1";

/**
 * Fetches a release of AWS's agent, which Debian does not have, keeps it in the cache folder and says what a lock has of
 * it.
 *
 * @param releases where releases stand, each in a folder of its version
 * @throws UserError for what is no version, or when it cannot be had
 */
export async function ssmAgentPackage(
  version: string,
  architecture: PackageLock["architecture"],
  releases: string = SSM_AGENT_RELEASES,
): Promise<SsmAgentPackage> {
  checkSsmAgentVersion(version);
  const url = `${releases}/${version}/debian_${architecture}/amazon-ssm-agent.deb`;
  const content = await download(url);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const path = packageFile({ sha256 });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const [control = {}] = stanzasOf(await controlOf(path, url));
  const name = control["Package"] ?? "";
  return {
    name,
    version: control["Version"] ?? "",
    architecture: control["Architecture"] ?? "",
    file: `${name}_${version}_${architecture}.deb`,
    size: content.length,
    sha256,
    relations: relationsOf(control),
    url,
  };
}

/** @throws UserError for what is no version */
export function checkSsmAgentVersion(version: string): void {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(version)) {
    throw new UserError(`--ssm-agent: must be a version such as 3.3.4624.0, got "${version}"`, exitCodes.usage);
  }
}

async function download(url: string): Promise<Buffer> {
  try {
    const answer = await fetch(url);
    if (answer.ok) {
      return Buffer.from(await answer.arrayBuffer());
    }
    throw new Error(`HTTP status ${String(answer.status)}`);
  } catch (error) {
    const { cause, message } = error instanceof Error ? error : new Error(String(error));
    throw new UserError(`${url} could not be fetched: ${cause instanceof Error ? cause.message : message}`);
  }
}

async function controlOf(file: string, url: string): Promise<string> {
  try {
    return (await promisify(execFile)("dpkg-deb", ["--field", file], { env: process.env })).stdout;
  } catch (error) {
    throw new UserError(`${url} is not a package of Debian: ${error instanceof Error ? error.message : String(error)}`);
  }
}
