import type { Command } from "commander";
import { isMap, isNode, isScalar, type Document } from "yaml";
import { compare } from "../config/problems";
import { REGIONS } from "../config/regions";
import { parseStackFile, readText } from "../config/stackFile";
import { STACKS_FOLDER, stackFile } from "../config/stacks";
import { awsReason } from "../terminal/awsReason";
import { replaceFile } from "../terminal/replaceFile";
import { UserError } from "../terminal/userError";
import { parameterValue } from "./lookUps";

/** Images are for arm64 only, as are the packages that a node installs. */
const ARCHITECTURE = "arm64";

/** Adds `footprint images`. */
export function registerImages(program: Command, folder: string = STACKS_FOLDER): void {
  program
    .command("images")
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
  const document = parseStackFile(text, file);
  const images = await resolveImages(popRegions(document, file), release, progress);
  const changes = [...images].map(([region, image]) => {
    const before: unknown = document.getIn(["config", "footprint:image", region]);
    const change =
      before === undefined ? "added" : before === image ? "as before" : `instead of ${JSON.stringify(before)}`;
    return `${region}: ${image} ${change}`;
  });
  replaceFile(file, withImages(text, document, images));
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

/** The text with these images. Nothing but the ids changes where the file has its images one to a line. */
function withImages(text: string, document: Document, images: ReadonlyMap<string, string>): string {
  const map: unknown = document.getIn(["config", "footprint:image"], true);
  const last = isMap(map) && map.flow !== true ? map.items.at(-1)?.value : undefined;
  if (!isMap(map) || !isNode(last) || !last.range) {
    images.forEach((image, region) => {
      document.setIn(["config", "footprint:image", region], image);
    });
    return document.toString({ lineWidth: 0 });
  }
  const [firstKey] = map.items.map(({ key }) => key);
  const keyStart = isNode(firstKey) ? (firstKey.range?.[0] ?? 0) : 0;
  const indent = text.slice(text.lastIndexOf("\n", keyStart - 1) + 1, keyStart);
  const lineEnd = text.indexOf("\n", last.range[1]);
  const end = lineEnd === -1 ? text.length : lineEnd;
  return [...images]
    .map(([region, image]) => {
      const node: unknown = map.get(region, true);
      return isNode(node) && node.range
        ? { from: node.range[0], to: node.range[1], insert: image }
        : { from: end, to: end, insert: `\n${indent}${region}: ${image}` };
    })
    .sort((a, b) => a.from - b.from)
    .reduceRight((result, { from, to, insert }) => result.slice(0, from) + insert + result.slice(to), text);
}
