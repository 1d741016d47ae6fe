import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { isMap, isScalar, type Document } from "yaml";
import { REGIONS } from "../config/regions";
import { parseStackFile, readText } from "../config/stackFile";
import { awsReason, parameterValue } from "./aws";
import { UserError } from "./userError";

const STACKS = join(__dirname, "..", "..", "stacks");

/** Images are for arm64 only, as are the packages that a node installs. */
const ARCHITECTURE = "arm64";

/** Adds `footprint images`. */
export function registerImages(program: Command, stacksFolder: string = STACKS): void {
  program
    .command("images")
    .description("Look up the Debian 13 image of each region of a stack and write the ids into its stack file.")
    .requiredOption("--stack <name>", "stack whose file is written")
    .requiredOption("--release <release>", "release of the images, such as 20260901-2345, or latest")
    .addHelpText(
      "after",
      "\nNeeds AWS credentials that may call ssm:GetParameter; reads /aws/service/debian/release/13/<release>/arm64 in each\nregion. Either every region is resolved and the file written, or nothing is.",
    )
    .action(async ({ stack, release }: { stack: string; release: string }) => {
      const changes = await updateImages(join(stacksFolder, `Pulumi.${stack}.yaml`), release, (line) => {
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
  const document = parseStackFile(readText(file), file);
  const regions = popRegions(document, file);
  const images = await resolveImages(regions, release, progress);
  const changes = regions.map((region) => setImage(document, region, images.get(region) ?? ""));
  replaceFile(file, document.toString({ lineWidth: 0 }));
  return changes;
}

function popRegions(document: Document, file: string): readonly string[] {
  const pops: unknown = document.getIn(["config", "footprint:pops"]);
  const regions = isMap(pops) ? pops.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
  const unknown = regions.filter((region) => !REGIONS.has(region));
  if (regions.length === 0 || unknown.length > 0) {
    throw new UserError(
      regions.length === 0
        ? `${file}: has no PoPs (footprint:pops) to look images up for`
        : `${file}: unknown regions in footprint:pops: ${unknown.join(", ")}`,
    );
  }
  return [...regions].sort();
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
          throw new Error(`${name} is "${image}", not the id of an image`);
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
  return images;
}

/** Sets a region's image where it stands, so that the comments around it stay. */
function setImage(document: Document, region: string, image: string): string {
  const path = ["config", "footprint:image", region];
  const before: unknown = document.getIn(path);
  if (before === image) {
    return `${region}: ${image} as before`;
  }
  document.setIn(path, image);
  return before === undefined ? `${region}: ${image} added` : `${region}: ${String(before)} -> ${image}`;
}

/** Replaces a file in one step: whoever reads it sees the old or the new content, never a part. */
function replaceFile(file: string, content: string): void {
  const temporary = `${file}.${String(process.pid)}.tmp`;
  try {
    writeFileSync(temporary, content, { mode: statSync(file).mode });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}
