import { z } from "zod";
import { complete } from "./complete";
import type { FootprintConfig } from "./model";
import { ConfigError, didYouMean, type Problem } from "./problems";
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
  const all = [
    ...unknownNamespaces(values),
    ...problems,
    ...checkRules({ stack, homeRegion, input, regions, known, entire }),
  ];
  if (all.length > 0 || homeRegion === undefined) {
    throw new ConfigError(all);
  }
  return complete(stack, homeRegion, input, regions);
}

/** Namespaces of the providers that the program uses, and of Pulumi itself. */
const OTHERS: readonly string[] = ["aws", "pulumi", "random"];

/** A namespace that nobody reads is a slip, and what stands below it does nothing. */
function unknownNamespaces(values: Readonly<Record<string, string>>): readonly Problem[] {
  const known = [PROJECT, ...OTHERS];
  return Object.keys(values).flatMap((key) => {
    const namespace = key.slice(0, key.indexOf(":"));
    return known.includes(namespace)
      ? []
      : [
          {
            path: key,
            rule: "namespace",
            message: `must have a namespace that somebody reads, got "${namespace}"${didYouMean(namespace, known) || ";"} known: ${known.join(", ")}`,
          },
        ];
  });
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
