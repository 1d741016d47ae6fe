import * as fs from "node:fs";
import * as path from "node:path";
import { parse, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { PLACEHOLDER_BUCKET, PLACEHOLDER_IMAGE } from "../config/schema";

const REPOSITORY = path.join(__dirname, "..", "..");

/** Stands for the bucket of the nodes' packages where a stack file has the placeholder. */
export const PACKAGES_BUCKET = "sandbox-packages";

/** A real deployment refuses the placeholders; in the sandbox any image and any bucket will do. */
const INSTEAD: Readonly<Record<string, string>> = {
  [PLACEHOLDER_IMAGE]: "ami-0f00f00f00f00f00f",
  [PLACEHOLDER_BUCKET]: PACKAGES_BUCKET,
};

/** What a deployment's own secrets provider writes into its stack file: the sandbox has one of its own. */
const SECRETS_PROVIDER_KEYS = ["secretsprovider", "encryptedkey", "encryptionsalt"];

/**
 * Writes the project that the engine sees: the program and the stack files, in a folder of its own, because the CLI
 * writes into stack files (an encryption salt) and deletes them (`stack rm`).
 *
 * @param stacks folder of the stack files to copy
 * @param program folder of the program; default: this repository
 */
export function writeProject(folder: string, stacks: string, program: string = REPOSITORY): void {
  const target = path.join(folder, "stacks");
  fs.mkdirSync(target, { recursive: true });
  const project = parseDocument(fs.readFileSync(path.join(REPOSITORY, "Pulumi.yaml"), "utf8"));
  project.set("main", program);
  fs.writeFileSync(path.join(folder, "Pulumi.yaml"), project.toString());
  for (const file of stackFiles(stacks)) {
    copyStackFile(path.join(stacks, file), path.join(target, file));
  }
}

/** The hosted zones that stack files name by id and so expect to be there: name by id. */
export function hostedZones(stacks: string): Readonly<Record<string, string>> {
  const zones = stackFiles(stacks).flatMap((file) => {
    const { config } = z
      .object({ config: withZones })
      .catch({ config: {} })
      .parse(parse(fs.readFileSync(path.join(stacks, file), "utf8")));
    return Object.entries(config["footprint:zones"] ?? {});
  });
  return Object.fromEntries(zones.flatMap(([name, { id }]) => (id === undefined ? [] : [[id, name]])));
}

const withZones = z.object({
  "footprint:zones": z.record(z.string(), z.object({ id: z.string().optional() })).optional(),
});

function stackFiles(stacks: string): string[] {
  return fs.readdirSync(stacks).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
}

function copyStackFile(from: string, to: string): void {
  const text = fs.readFileSync(from, "utf8");
  const chosen = Object.entries(INSTEAD).reduce((all, [from, instead]) => all.replaceAll(from, instead), text);
  // Failsafe, so that each scalar is written back as it stands: the engine reads some of them otherwise than this parser.
  const document = parseDocument(chosen, { schema: "failsafe" });
  if (document.errors.length > 0) {
    // The program says what is wrong with it; this only copies.
    fs.writeFileSync(to, text);
    return;
  }
  for (const key of SECRETS_PROVIDER_KEYS) {
    document.delete(key);
  }
  const salt = fs.existsSync(to) ? parseDocument(fs.readFileSync(to, "utf8")).get("encryptionsalt") : null;
  fs.writeFileSync(to, document.toString() + (typeof salt === "string" ? stringify({ encryptionsalt: salt }) : ""));
}
