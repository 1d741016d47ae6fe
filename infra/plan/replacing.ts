import table from "./data/replacing.json";
import type { JsonValue } from "./wire";

/** When a change of a conditional property replaces. */
export type Condition =
  | "Advanced becomes Standard"
  | "decreases"
  | "does not grow"
  | "element removed"
  | "first added"
  | "first added or last removed"
  | "set or unset"
  | "unless dedicated becomes default";

/** A property whose change replaces a resource in some cases only. */
export interface ConditionalReplacement {
  readonly property: string;
  readonly when: Condition;
  readonly reason: string;
}

/** Why a changed property replaces its resource; null when it does not. */
export type Replacement = { readonly reason: string } | null;

type Row = { readonly properties: readonly string[] };

const types: Readonly<Record<string, Row>> = table.types;

const CONDITIONS: readonly Condition[] = [
  "Advanced becomes Standard",
  "decreases",
  "does not grow",
  "element removed",
  "first added",
  "first added or last removed",
  "set or unset",
  "unless dedicated becomes default",
];

const conditional: readonly (ConditionalReplacement & { readonly type: string })[] = table.conditional.map((row) => {
  const when = CONDITIONS.find((condition) => condition === row.when);
  if (when === undefined) {
    throw new Error(`the table of replacing properties has an unknown condition "${row.when}"`);
  }
  return { ...row, when };
});

/** Type tokens that the table knows, in code-unit order. */
export function replacingTypes(): readonly string[] {
  return Object.keys(types).sort();
}

/** Input properties of a type whose change always replaces the resource; none for a type without a row. */
export function replacingProperties(type: string): readonly string[] {
  return Object.hasOwn(types, type) ? (types[type]?.properties ?? []) : [];
}

/** Input properties of a type whose change replaces the resource in some cases. */
export function conditionalReplacements(type: string): readonly ConditionalReplacement[] {
  return conditional.filter((row) => row.type === type);
}

/** Does the change of one input property, from one value to another, replace a resource of this type? */
export function replacement(
  type: string,
  property: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Replacement {
  if (replacingProperties(type).includes(property)) {
    return { reason: `${property} cannot be changed in place` };
  }
  const row = conditionalReplacements(type).find((each) => each.property === property);
  return row !== undefined && holds(row.when, before, after) ? { reason: row.reason } : null;
}

function holds(when: Condition, before: JsonValue | undefined, after: JsonValue | undefined): boolean {
  switch (when) {
    case "Advanced becomes Standard":
      return before === "Advanced" && after === "Standard";
    case "decreases":
      return Number(after ?? 0) < Number(before ?? 0);
    case "unless dedicated becomes default": {
      const [was, is] = [before ?? "default", after ?? "default"];
      return was !== is && !(was === "dedicated" && is === "default");
    }
    case "does not grow":
      return elements(after).length <= elements(before).length && lacks(elements(after), elements(before));
    case "first added":
      return elements(before).length === 0 && elements(after).length > 0;
    case "element removed":
      return lacks(elements(after), elements(before));
    case "first added or last removed":
      return (elements(before).length === 0) !== (elements(after).length === 0);
    case "set or unset":
      return (before === undefined) !== (after === undefined);
    default: {
      const unknown: never = when;
      throw new Error(`unknown condition ${String(unknown)}`);
    }
  }
}

/** Does `have` lack one of `wanted`, each counted as often as it stands there? Computed values all look alike. */
function lacks(have: readonly string[], wanted: readonly string[]): boolean {
  const left = [...have];
  return wanted.some((each) => {
    const at = left.indexOf(each);
    if (at === -1) {
      return true;
    }
    left.splice(at, 1);
    return false;
  });
}

function elements(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.map((each) => JSON.stringify(each)) : [];
}
