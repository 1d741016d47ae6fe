import { createHash } from "node:crypto";
import { runtime } from "@pulumi/pulumi";
import { fileOnWire, secretOnWire, type JsonValue } from "../../plan/wire";

/** Properties of a resource, as they travel between the engine and a provider. */
export type Values = Readonly<Record<string, JsonValue>>;

/** Stands on the wire for what is not known before an update. */
export const UNKNOWN: string = runtime.unknownValue;

export function isRecord(value: JsonValue | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A value as text: nothing is the empty text. */
export function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}

/**
 * A value without its marks: secrets and output values are what they hold, a reference to a resource is its id, a file
 * its hash.
 */
export function plain(value: JsonValue): JsonValue {
  if (isList(value)) {
    return value.map(plain);
  }
  if (!isRecord(value)) {
    return value;
  }
  switch (value[runtime.specialSigKey]) {
    case undefined:
      return mapped(value, plain);
    case runtime.specialSecretSig:
      return plain(value.value ?? null);
    case runtime.specialOutputValueSig:
      return plain(value.value ?? UNKNOWN);
    case runtime.specialResourceSig:
      return value.id ?? value.urn ?? null;
    case runtime.specialAssetSig:
      return fileOnWire(value);
    default:
      throw new Error(`cannot read a value with the mark ${text(value[runtime.specialSigKey])}`);
  }
}

/** `plain` of every property, without those that are null: these say nothing. */
export function plainValues(values: Values): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(values)
      .map(([key, value]) => [key, plain(value)] as const)
      .filter(([, value]) => value !== null),
  );
}

/** Is there a secret anywhere in the value? */
export function isSecret(value: JsonValue | undefined): boolean {
  if (isList(value)) {
    return value.some(isSecret);
  }
  return (
    isRecord(value) &&
    (value[runtime.specialSigKey] === runtime.specialSecretSig ||
      (value[runtime.specialSigKey] === runtime.specialOutputValueSig && value.secret === true) ||
      Object.values(value).some(isSecret))
  );
}

/** Is there something unknown anywhere in the value, or in a text that was made of it? */
export function isUnknown(value: JsonValue | undefined): boolean {
  return typeof value === "string"
    ? value.includes(UNKNOWN)
    : isList(value)
      ? value.some(isUnknown)
      : isRecord(value) && Object.values(value).some(isUnknown);
}

/** Marks the named properties as secret. */
export function withSecrets(values: Values, secret: ReadonlySet<string>): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, secret.has(key) ? secretOnWire(value) : value]),
  );
}

/** What is kept of a secret: enough to tell whether it has changed, and no more. */
export function sealed(value: JsonValue): JsonValue {
  return { sha256: createHash("sha256").update(JSON.stringify(value)).digest("hex") };
}

/** Every value at a path such as `aliases[*].name`; nothing where the path leads nowhere. */
export function valuesAt(values: Values, path: string): readonly JsonValue[] {
  return path.split(".").reduce<readonly JsonValue[]>(
    (found, step) => {
      const key = step.replace("[*]", "");
      const inner = found.flatMap((each) => (isRecord(each) && each[key] !== undefined ? [each[key]] : []));
      return step.endsWith("[*]") ? inner.flatMap((each) => (isList(each) ? each : [])) : inner;
    },
    [values],
  );
}

/** Do two values say the same, whatever the order of their keys? */
export function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return canonical(a ?? null) === canonical(b ?? null);
}

/** JSON with its keys in code-unit order. */
export function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_key, inner: JsonValue) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function mapped(value: Values, each: (value: JsonValue) => JsonValue): Values {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, each(inner)]));
}
