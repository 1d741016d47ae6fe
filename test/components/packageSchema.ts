import * as fs from "node:fs";
import * as path from "node:path";
import { ComponentProvider, getPulumiComponents } from "@pulumi/pulumi/provider/experimental";
import * as api from "../../components";
import { repository } from "../support/tree";

const FOLDER = path.join(repository, "components");

/** What Pulumi's CLI makes packages of other languages from (`pulumi package add`). */
export const PACKAGE_SCHEMA_FILE = path.join(FOLDER, "schema.json");

/** Every component that the package exports. */
export const COMPONENTS = getPulumiComponents(api);

/** The schema that Pulumi's own analyzer of components reads from the sources, named as its plugin host does. */
export async function packageSchema(): Promise<string> {
  const components = [...COMPONENTS];
  const provider = new ComponentProvider({ name: "components", namespace: "footprint", dirname: FOLDER, components });
  return `${JSON.stringify(JSON.parse(await provider.getSchema()), undefined, 2)}\n`;
}

// `npm run schema`
if (require.main === module) {
  void packageSchema().then((text) => {
    fs.writeFileSync(PACKAGE_SCHEMA_FILE, text);
  });
}
