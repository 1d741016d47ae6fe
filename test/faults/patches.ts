import * as fs from "node:fs";
import * as path from "node:path";

/** A mistake that somebody could make, as a patch against the tree, and the tests that must notice it. */
export interface Patch {
  readonly name: string;
  readonly file: string;
  /** The property of the footprint that the fault breaks: "P15". */
  readonly property: string;
  readonly sentence: string;
  /** Test files, relative to the repository. */
  readonly tests: readonly string[];
  /** Restricts those files to the tests whose full title matches. */
  readonly only?: string;
}

const header =
  /^# (?<property>P\d+) (?<sentence>\S.*)\n# tests: (?<tests>\S.*)\n(?:# only: (?<only>\S.*)\n)?diff --git /;

/**
 * Reads a unified diff against the tree that begins with
 *
 *     # P15 A resource without its region is let through.
 *     # tests: test/components/pop.test.ts test/footprint/regions.test.ts
 *     # only: region                (if need be: a pattern that the titles of the tests must match)
 *
 * @throws when it does not begin so
 */
export function readPatch(file: string): Patch {
  const name = path.basename(file, ".patch");
  const fields = header.exec(fs.readFileSync(file, "utf8"))?.groups;
  if (fields === undefined) {
    throw new Error(`${name}: must begin with "# P<n> <sentence>", "# tests: <files>", perhaps "# only: <title>"`);
  }
  const { property = "", sentence = "", tests = "", only } = fields;
  return { name, file, property, sentence, tests: tests.split(" "), only };
}

export function patchFiles(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .filter((name) => name.endsWith(".patch"))
    .sort()
    .map((name) => path.join(directory, name));
}
