import { z } from "zod";
import { complete } from "./complete";
import type { FootprintConfig } from "./model";
import { ConfigError } from "./problems";
import { REGIONS, type RegionTable } from "./regions";
import { checkRules } from "./rules";
import { footprintSchema } from "./schema";
import { PROJECT } from "./stackFile";
import { checkStructure, unwrap } from "./structure";

/**
 * Checks and completes a stack's configuration, given as the engine hands it over: `footprint:zones` and so on, and
 * `aws:region`, each as text. Throws a ConfigError with every mistake in it.
 */
export function loadConfig(
  stack: string,
  values: Readonly<Record<string, string>>,
  regions: RegionTable = REGIONS,
): FootprintConfig {
  const prefix = `${PROJECT}:`;
  const raw = Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, text]) => [key.slice(prefix.length), decode(key.slice(prefix.length), text)]),
  );
  const homeRegion = values["aws:region"];
  const { input, problems, known, entire } = checkStructure(raw);
  const all = [...problems, ...checkRules({ stack, homeRegion, input, regions, known, entire })];
  if (all.length > 0 || homeRegion === undefined) {
    throw new ConfigError(all);
  }
  return complete(stack, homeRegion, input, regions);
}

/** A value from its text: only the schema knows whether `true` is a text. */
function decode(name: string, text: string): unknown {
  const shape: Readonly<Record<string, z.core.$ZodType>> = footprintSchema.shape;
  const schema = shape[name];
  if (schema === undefined || unwrap(schema) instanceof z.ZodString || unwrap(schema) instanceof z.ZodEnum) {
    return text;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Refused as it stands, by the schema.
    return text;
  }
}
