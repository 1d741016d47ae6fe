import { readFileSync } from "node:fs";
import Ajv from "ajv";
import { SCHEMA_FILE, schemaText, stackFileSchema } from "../../infra/config/jsonSchema";
import { base } from "./base";
import { SHAPE_CASES } from "./casesShape";
import { REFUSALS } from "./refusals";

describe("the schema for editors", () => {
  test("stacks/schema.json is not stale (npm run schema)", () => {
    expect(readFileSync(SCHEMA_FILE, "utf8")).toBe(schemaText());
  });

  test("describes every key", () => {
    const missing: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== "object" || schema === null) {
        return;
      }
      const properties = "properties" in schema ? Object.entries(schema.properties ?? {}) : [];
      properties.forEach(([key, entry]) => {
        if (path !== "" && !("description" in (entry as object))) {
          missing.push(`${path}.${key}`);
        }
        visit(entry, key === "config" ? key : `${path}.${key}`);
      });
      visit("additionalProperties" in schema ? schema.additionalProperties : undefined, `${path}.*`);
    };
    visit(stackFileSchema(), "");
    expect(missing).toEqual([]);
  });

  const validate = new Ajv({ strict: false }).compile(stackFileSchema());
  const file = (draft: object, extra: object = {}): unknown => ({
    config: {
      "aws:region": "us-east-1",
      ...Object.fromEntries(Object.entries(draft).map(([key, value]) => [`footprint:${key}`, value])),
      ...extra,
    },
  });

  test("takes keys of other namespaces, and rejects unknown ones of ours and unknown regions", () => {
    expect(validate(file(base(), { "aws:profile": "edge", "random:x": 1 }))).toBe(true);
    expect(validate(file(base(), { "footprint:popz": {} }))).toBe(false);
    expect(validate(file(base(), { popz: {} }))).toBe(false);
    expect(validate(file({ ...base(), pops: { "us-est-1": {} } }))).toBe(false);
  });

  test("rejects every mistake of shape that the program rejects", () => {
    const shape = REFUSALS.slice(0, SHAPE_CASES.length);
    expect(shape.filter(({ attempt }) => validate(file(attempt.draft))).map(({ title }) => title)).toEqual([]);
  });
});
