import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { runtime } from "@pulumi/pulumi";

/** Anything that JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Stands for a value that only the provider can compute. */
export const COMPUTED = "<computed>";

/** Stands for a value that is kept secret, in what is printed. */
export const SECRET = "<secret>";

/** Stands for a file: its content's SHA-256 and not its path, which differs from machine to machine. */
function fileMarker(sha256: string): string {
  return `<file ${sha256}>`;
}

/** A file as it travels: the program gives its path, the engine adds the hash. */
export function fileOnWire(asset: { readonly [key: string]: JsonValue }): string {
  const { hash, path } = asset;
  if (typeof hash === "string" && hash !== "") {
    return fileMarker(hash);
  }
  if (typeof path !== "string") {
    throw new Error("the program sends an asset that is no file, which a plan cannot show");
  }
  return fileMarker(createHash("sha256").update(readFileSync(path)).digest("hex"));
}

/** A secret value as it travels between the program and the engine. */
export function secretOnWire(value: JsonValue): JsonValue {
  return { [runtime.specialSigKey]: runtime.specialSecretSig, value };
}

/** A computed value as it travels. */
export const COMPUTED_ON_WIRE: JsonValue = runtime.unknownValue;

/**
 * Reads what the program sends to the engine: computed values become `COMPUTED`, secrets `{ $secret }`, references to
 * resources their URN, files their hash.
 */
export function decode(value: JsonValue): JsonValue {
  if (value === runtime.unknownValue) {
    return COMPUTED;
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (isList(value)) {
    return value.map(decode);
  }
  switch (value[runtime.specialSigKey]) {
    case undefined:
      return mapValues(value, decode);
    case runtime.specialSecretSig:
      return { $secret: decode(value.value ?? null) };
    case runtime.specialResourceSig:
      return value.urn ?? null;
    case runtime.specialAssetSig:
      return fileOnWire(value);
    default:
      throw new Error(`the program sends a value that a plan cannot show: ${JSON.stringify(value)}`);
  }
}

/** Replaces every secret by its marker. */
export function masked(value: JsonValue): JsonValue {
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (isList(value)) {
    return value.map(masked);
  }
  return "$secret" in value ? SECRET : mapValues(value, masked);
}

function mapValues(
  value: { readonly [key: string]: JsonValue },
  each: (value: JsonValue) => JsonValue,
): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, each(inner)]));
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
