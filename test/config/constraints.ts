import { z } from "zod";
import { footprintSchema } from "../../infra/config/schema";
import { unwrap } from "../../infra/config/structure";
import { parsePath } from "./base";

type Schema = z.core.$ZodType;

/**
 * Every constraint of the schema as `<path pattern> <rule>`, such as `pops.*.nodes.min schema.minimum`. A part that
 * stands in several places (`nodes` of a PoP and of `defaults`) is listed once, at the first.
 */
export function schemaConstraints(): ReadonlySet<string> {
  const found = new Set<string>();
  const choices = [...places().keys()].flatMap((schema) => (schema instanceof z.ZodUnion ? schema.options : []));
  places().forEach((pattern, schema) => {
    ownRules(schema).forEach((rule) => {
      // A value of another type than all branches of a choice is refused by the choice.
      if (!choices.includes(schema) || (rule !== "schema.type" && rule !== "schema.enum")) {
        found.add(`${pattern} ${rule}`);
      }
    });
    if (schema instanceof z.ZodObject) {
      Object.entries<Schema>(schema.shape)
        .filter(([, entry]) => unwrap(entry) === entry)
        .forEach(([key]) => found.add(`${pattern === "footprint" ? key : `${pattern}.${key}`} schema.required`));
    }
  });
  // The root is a map by construction, and the engine hands over nothing but texts at the top.
  found.delete("footprint schema.type");
  found.delete("supernet schema.type");
  found.delete("permissionsBoundary schema.type");
  found.delete("volumeKey schema.type");
  found.delete("popDomain schema.type");
  return found;
}

/** The constraint that a problem shows, in the words of `schemaConstraints`. */
export function constraintOf(path: string, rule: string): string {
  if (path === "footprint") {
    return `footprint ${rule}`;
  }
  const steps = parsePath(path);
  const own = steps.reduce<Schema>(child, footprintSchema);
  if (rule === "schema.required") {
    const key = steps[steps.length - 1];
    const parent = steps.slice(0, -1).reduce<Schema>(child, footprintSchema);
    const pattern = places().get(unwrap(parent)) ?? "";
    return `${pattern === "footprint" ? "" : `${pattern}.`}${String(key)} ${rule}`;
  }
  const branch = branches(own).find((schema) => ownRules(schema).has(rule)) ?? unwrap(own);
  return `${places().get(branch) ?? "nowhere"} ${rule}`;
}

/** Where each part of the schema stands first. */
function places(): ReadonlyMap<Schema, string> {
  const found = new Map<Schema, string>();
  const visit = (given: Schema, pattern: string): void => {
    const schema = unwrap(given);
    if (found.has(schema)) {
      return;
    }
    found.set(schema, pattern);
    if (schema instanceof z.ZodObject) {
      Object.entries<Schema>(schema.shape).forEach(([key, entry]) => {
        visit(entry, pattern === "footprint" ? key : `${pattern}.${key}`);
      });
    } else if (schema instanceof z.ZodRecord) {
      visit(schema.valueType, `${pattern}.*`);
    } else if (schema instanceof z.ZodArray) {
      visit(schema.element, `${pattern}[]`);
    } else if (schema instanceof z.ZodUnion) {
      schema.options.forEach((option) => {
        visit(option, pattern);
      });
    }
  };
  visit(footprintSchema, "footprint");
  return found;
}

/** The parts that judge a value at one place: of a choice, the choice itself and its branches. */
function branches(given: Schema): readonly Schema[] {
  const schema = unwrap(given);
  return schema instanceof z.ZodUnion ? [schema, ...schema.options.flatMap(branches)] : [schema];
}

function child(given: Schema, step: string | number): Schema {
  const found = branches(given).flatMap((schema): Schema[] => {
    if (schema instanceof z.ZodObject && typeof step === "string") {
      const shape: Readonly<Record<string, Schema>> = schema.shape;
      return shape[step] === undefined ? [] : [shape[step]];
    }
    if (schema instanceof z.ZodRecord && typeof step === "string") {
      return [schema.valueType];
    }
    return schema instanceof z.ZodArray && typeof step === "number" ? [schema.element] : [];
  })[0];
  if (found === undefined) {
    throw new Error(`the schema has nothing at ${String(step)}`);
  }
  return found;
}

const CHECKS: Readonly<Record<string, string>> = {
  min_length: "Length",
  max_length: "Length",
  string_format: "pattern",
  greater_than: "minimum",
  less_than: "maximum",
  number_format: "integer",
};

function ownRules(schema: Schema): ReadonlySet<string> {
  const rules = new Set<string>();
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) {
    rules.add("schema.enum");
  } else {
    rules.add("schema.type");
  }
  if (schema instanceof z.ZodObject) {
    rules.add("schema.unknownKey");
  }
  if (schema instanceof z.ZodNumberFormat) {
    rules.add("schema.integer");
  }
  for (const { _zod } of schema._zod.def.checks ?? []) {
    const name = CHECKS[_zod.def.check];
    if (name === undefined) {
      throw new Error(`a check that the count does not know: ${_zod.def.check}`);
    }
    const side = _zod.def.check.startsWith("min") ? "min" : "max";
    rules.add(
      name !== "Length" ? `schema.${name}` : `schema.${side}${schema instanceof z.ZodArray ? "Items" : "Length"}`,
    );
  }
  return rules;
}
