import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { REGIONS } from "./regions";
import { footprintSchema } from "./schema";
import { PROJECT } from "./stackFile";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Where the schema is kept for editors: each stack file names it in its first line. */
export const SCHEMA_FILE = join(__dirname, "..", "..", "stacks", "schema.json");

/**
 * The JSON Schema of a whole stack file, for completion and checks in an editor. Draft 7, which yaml-language-server
 * speaks in full. It knows the shape of values; the rules of `rules.ts` are the program's.
 */
export function stackFileSchema(): JsonSchema {
  const codes = [...REGIONS.keys()].sort();
  const { $schema, properties, required } = z.toJSONSchema(footprintSchema, {
    target: "draft-07",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === footprintSchema.shape.pops || zodSchema === footprintSchema.shape.image) {
        jsonSchema.propertyNames = { enum: codes };
      }
    },
  });
  const ours = Object.entries(properties ?? {}).map(([key, schema]) => [`${PROJECT}:${key}`, schema] as const);
  return {
    $schema,
    title: "A stack file of Footprint",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: {
          "aws:region": { description: "Home of what is global.", enum: codes },
          ...Object.fromEntries(ours),
        },
        required: ["aws:region", ...(required ?? []).map((key) => `${PROJECT}:${key}`)],
        // Other namespaces belong to providers.
        patternProperties: { [`^(?!${PROJECT}:)[^:]+:.+$`]: {} },
        additionalProperties: false,
      },
    },
    required: ["config"],
  };
}

/** The content of SCHEMA_FILE. */
export function schemaText(): string {
  return `${JSON.stringify(stackFileSchema(), undefined, 2)}\n`;
}

// `npm run schema`
if (require.main === module) {
  writeFileSync(SCHEMA_FILE, schemaText());
}
