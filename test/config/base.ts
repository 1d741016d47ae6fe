import { ConfigError, type Problem } from "../../infra/config/problems";
import { loadConfig } from "../../infra/config/load";
import type { RegionTable } from "../../infra/config/regions";

/** The `footprint:*` keys of a stack file before they are checked. */
export type Draft = Record<string, unknown>;

/** A small configuration without a mistake. */
export function base(): Draft {
  return {
    zones: { "example.com": { create: true } },
    sites: { "cdn.example.com": { origin: "https://origin.example.net" } },
    image: { "eu-west-1": "ami-00000000000000000", "us-east-1": "ami-00000000000000000" },
    packages: { bucket: "my-edge-packages" },
    pops: { "eu-west-1": {}, "us-east-1": {} },
  };
}

/** A configuration as the engine hands it over; `home` is `aws:region`. */
export function engineValues(draft: Draft, home = "us-east-1"): Record<string, string> {
  const values = Object.entries(draft).map(([key, value]) => [
    `footprint:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { ...(Object.fromEntries(values) as Record<string, string>), "aws:region": home };
}

export interface Attempt {
  readonly draft: Draft;
  readonly stack?: string;
  /** `aws:region`; null: not set. */
  readonly home?: string | null;
  readonly regions?: RegionTable;
}

/** What is refused in a configuration. */
export function problemsOf({ draft, stack = "test", home, regions }: Attempt): readonly Problem[] {
  try {
    const values = engineValues(draft);
    if (home === null) {
      delete values["aws:region"];
    } else if (home !== undefined) {
      values["aws:region"] = home;
    }
    loadConfig(stack, values, regions);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems;
    }
    throw error;
  }
}

/** Steps of a path as the messages write it: `sites["cdn.example.com"].origin[0]`. */
export function parsePath(path: string): readonly (string | number)[] {
  return [...path.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[]+)/g)].map(([, quoted, index, plain]) =>
    index === undefined ? (quoted ?? plain ?? "") : Number(index),
  );
}

/** A copy of a value in which the path leads to another one; undefined removes what is there. */
export function withValue(root: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) {
    return value;
  }
  if (typeof step === "number") {
    const list: unknown[] = Array.isArray(root) ? Array.from<unknown>(root) : [];
    list[step] = withValue(list[step], rest, value);
    return list;
  }
  const map: Record<string, unknown> = typeof root === "object" && root !== null ? { ...root } : {};
  map[step] = withValue(map[step], rest, value);
  return map;
}
