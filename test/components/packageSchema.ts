import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ComponentProvider, getPulumiComponents } from "@pulumi/pulumi/provider/experimental";
import * as api from "../../components";
import { repository } from "../support/tree";
import { reference, REFERENCE_FILE } from "./reference";

const FOLDER = path.join(repository, "components");

/** What Pulumi's CLI makes packages of other languages from (`pulumi package add`). */
export const PACKAGE_SCHEMA_FILE = path.join(FOLDER, "schema.json");

/** Every component that the package exports. */
export const COMPONENTS = getPulumiComponents(api);

/**
 * The packages whose types a public type may be made of. AWS's 2,700 files of types, most of what the analyzer would
 * read, are not among them: a public type of theirs comes out as any, which a test refuses.
 */
const TYPES = ["@pulumi/pulumi", "@types/node"];

/** The schema that Pulumi's own analyzer of components reads from the sources, named as its plugin host does. */
export async function packageSchema(): Promise<string> {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-schema-")));
  try {
    fs.cpSync(FOLDER, folder, { recursive: true, filter: (file) => file !== path.join(FOLDER, "dist") });
    for (const name of TYPES) {
      const link = path.join(folder, "node_modules", name);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.symlinkSync(path.join(repository, "node_modules", name), link);
    }
    return await schemaOf(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** As `packageSchema`, of the package in a folder. */
export async function schemaOf(dirname: string): Promise<string> {
  const components = [...COMPONENTS];
  const provider = new ComponentProvider({ name: "components", namespace: "footprint", dirname, components });
  return `${JSON.stringify(JSON.parse(await provider.getSchema()), undefined, 2)}\n`;
}

// `npm run schema`
if (require.main === module) {
  void packageSchema().then((text) => {
    fs.writeFileSync(PACKAGE_SCHEMA_FILE, text);
    fs.writeFileSync(REFERENCE_FILE, reference(text));
  });
}
