import { basename } from "node:path";
import type { Command } from "commander";
import { compare } from "../config/problems";
import { REGIONS } from "../config/regions";
import { readText, stackConfigFromText } from "../config/stackFile";
import { withEntries } from "../config/stackFileEdit";
import { STACKS_FOLDER, stackFile } from "../config/stacks";
import { awsReason } from "../terminal/awsReason";
import { replaceFile } from "../terminal/replaceFile";
import { UserError } from "../terminal/userError";
import { parameterValue } from "./lookUps";
import { byAccountOfStack } from "./operator";

/** Images are for arm64 only, as are the packages that a node installs. */
const ARCHITECTURE = "arm64";

/** Adds `footprint images`. */
export function registerImages(program: Command, folder: string = STACKS_FOLDER): void {
  byAccountOfStack(folder, program.command("images"))
    .description("Look up the Debian 13 image of each region of a stack and write the ids into its stack file.")
    .requiredOption("-s, --stack <name>", "stack, as in stacks/Pulumi.<name>.yaml; its file is written")
    .requiredOption("--release <release>", "release of the images, such as 20260901-2345, or latest")
    .addHelpText(
      "after",
      "\nNeeds AWS credentials that may call ssm:GetParameter; reads /aws/service/debian/release/13/<release>/arm64 in each\nregion. Either every region is resolved and the file written, or nothing is.",
    )
    .action(async ({ stack, release }: { stack: string; release: string }) => {
      const changes = await updateImages(stackFile(stack, folder), release, (line) => {
        process.stderr.write(`${line}\n`);
      });
      process.stdout.write(changes.map((line) => `${line}\n`).join(""));
    });
}

/**
 * Resolves a release's images for the regions of a stack file's PoPs and writes them into the file. Comments, order and
 * all else stay. Returns a line for each region: what changed. Throws a UserError, and writes nothing, when one region
 * cannot be resolved.
 */
export async function updateImages(
  file: string,
  release: string,
  progress: (line: string) => void,
): Promise<readonly string[]> {
  if (!/^(?:latest|\d{8}-\d+)$/.test(release)) {
    throw new UserError(`--release: must be latest or a date and build such as 20260901-2345, got "${release}"`);
  }
  const text = readText(file);
  const values = stackConfigFromText(text, basename(file));
  const images = await resolveImages(popRegions(values, file), release, progress);
  const formerly = mapOf(values, "image");
  const changes = [...images].map(([region, image]) => {
    const before = formerly[region];
    const change =
      before === undefined ? "added" : before === image ? "as before" : `instead of ${JSON.stringify(before)}`;
    return `${region}: ${image} ${change}`;
  });
  replaceFile(file, withEntries(text, file, "image", images));
  return changes;
}

function popRegions(values: Readonly<Record<string, string>>, file: string): readonly string[] {
  const regions = Object.keys(mapOf(values, "pops"));
  const unknown = regions.filter((region) => !REGIONS.has(region));
  if (regions.length === 0 || unknown.length > 0) {
    throw new UserError(
      regions.length === 0
        ? `${file}: has no PoPs (footprint:pops) to look images up for`
        : `${file}: unknown regions in footprint:pops: ${unknown.join(", ")}`,
    );
  }
  return regions;
}

async function resolveImages(
  regions: readonly string[],
  release: string,
  progress: (line: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const name = `/aws/service/debian/release/13/${release}/${ARCHITECTURE}`;
  const failures: string[] = [];
  const images = new Map<string, string>();
  let done = 0;
  await Promise.all(
    regions.map(async (region) => {
      try {
        const image = await parameterValue(region, name);
        if (!/^ami-[0-9a-f]{8,17}$/.test(image)) {
          throw new UserError(`"${image}" is not the id of an image`);
        }
        images.set(region, image);
        progress(`[${String(++done)}/${String(regions.length)}] ${region} ${image}`);
      } catch (error) {
        failures.push(`${region}: ${awsReason(error)}`);
        progress(`[${String(++done)}/${String(regions.length)}] ${region} failed`);
      }
    }),
  );
  if (failures.length > 0) {
    throw new UserError(`nothing was written, ${name} could not be read in:\n${failures.sort().join("\n")}`);
  }
  return new Map([...images].sort(([a], [b]) => compare(a, b)));
}

/** A map of the stack's configuration; none when there is something else. */
function mapOf(values: Readonly<Record<string, string>>, key: string): Readonly<Record<string, unknown>> {
  const text = values[`footprint:${key}`] ?? "null";
  const value: unknown = text.startsWith("{") ? JSON.parse(text) : {};
  return value as Readonly<Record<string, unknown>>;
}
