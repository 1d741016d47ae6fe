import { z } from "zod";
import { footprintSchema } from "../../infra/config/schema";
import type { Kind } from "./edit";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** `kind key` of every edit that the schema of a stack file has a place for. */
export function kindsOfSchema(): readonly string[] {
  const schema = z.toJSONSchema(footprintSchema, { target: "draft-07", io: "input" });
  return [
    // The engine's own, and the only one that is not below `footprint:`.
    "replace aws:region",
    ...below("", schema, false),
  ].sort();
}

function below(key: string, schema: JsonSchema, isOptional: boolean): readonly string[] {
  const { properties, additionalProperties, required = [] } = schema;
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, child]) =>
      below(key === "" ? name : `${key}.${name}`, child as JsonSchema, !required.includes(name)),
    );
  }
  const kinds = [...new Set(kindsOf(schema, isOptional))].map((kind) => `${kind} ${key}`);
  // What has one key for each name that the user gives.
  return typeof additionalProperties === "object" && schema.type === "object"
    ? [...kinds, ...below(`${key}.*`, additionalProperties, false)]
    : kinds;
}

function kindsOf(schema: JsonSchema, isOptional: boolean): readonly Kind[] {
  if (schema.anyOf !== undefined) {
    return schema.anyOf.flatMap((one) => kindsOf(one, isOptional));
  }
  if (schema.type === "array" || schema.type === "object") {
    return ["add", "remove", "replace", "reorder"];
  }
  const own: Kind[] = isOptional ? ["add", "remove"] : [];
  return schema.const === undefined ? [...own, "replace"] : own;
}
