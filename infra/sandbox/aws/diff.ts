import { replacement, replacingProperties } from "../../plan/replacing";
import type { JsonValue } from "../../plan/wire";
import { canonical, isList, isRecord, isUnknown, same, type Values } from "./values";

export type Change = "add" | "delete" | "update";

/** How the inputs of a resource differ. */
export interface Difference {
  /** Inputs that differ, in code-unit order. */
  readonly changed: readonly string[];
  /** Those of them that replace the resource. */
  readonly replaces: readonly string[];
  /** What differs inside them, by path. */
  readonly detailed: ReadonlyMap<string, { readonly change: Change; readonly replaces: boolean }>;
}

/** Lists whose order says nothing: the provider compares them as sets. */
const SETS: readonly string[] = [
  "alarmActions",
  "alarms",
  "allocationIds",
  "availabilityZoneAddresses",
  "egress",
  "enabledMetrics",
  "ingress",
  "initialLifecycleHooks",
  "insufficientDataActions",
  "metricQueries",
  "okActions",
  "records",
  "routeTableIds",
  "securityGroups",
  "subnetIds",
  "subnets",
  // An Auto Scaling group's are a list; all others are a map, which has no order anyway.
  "tags",
  "targetGroupArns",
  "validationRecordFqdns",
  "vpcZoneIdentifiers",
];

/** Compares two sets of inputs without their marks, as the provider does. */
export function difference(type: string, before: Values, after: Values, ignored: readonly string[] = []): Difference {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !key.startsWith("__") && !ignored.includes(key))
    .sort();
  const changed = keys.filter((key) => !same(settled(key, before[key]), settled(key, after[key])));
  const replaces = changed.filter((key) => forcesReplacement(type, key, before[key], after[key]));
  const detailed = new Map(
    changed.flatMap((key) =>
      paths(key, settled(key, before[key]), settled(key, after[key])).map(
        ([path, change]) => [path, { change, replaces: replaces.includes(key) }] as const,
      ),
    ),
  );
  return { changed, replaces, detailed };
}

/**
 * What is decided from values cannot be decided while one is unknown: the provider then shows an update, and replaces
 * after all when it knows (terraform-provider-aws, load_balancer.go: `IsWhollyKnown`).
 */
function forcesReplacement(
  type: string,
  key: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): boolean {
  const decidable = replacingProperties(type).includes(key) || !isUnknown(after);
  return decidable && replacement(type, key, before, after) !== null;
}

/** Sets in one order, and an empty list as nothing. */
function settled(key: string, value: JsonValue | undefined): JsonValue | undefined {
  if (isList(value)) {
    const elements = value.map((each) => settled("", each) ?? null);
    return elements.length === 0 ? undefined : SETS.includes(key) ? elements.sort(byText) : elements;
  }
  if (!isRecord(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([inner, each]) => {
      const set = inner === "__defaults" ? undefined : settled(inner, each);
      return set === undefined || set === null ? [] : [[inner, set]];
    }),
  );
}

function byText(a: JsonValue, b: JsonValue): number {
  return canonical(a) < canonical(b) ? -1 : 1;
}

function paths(path: string, before: JsonValue | undefined, after: JsonValue | undefined): [string, Change][] {
  if (same(before, after)) {
    return [];
  }
  if (before === undefined || after === undefined) {
    return [[path, before === undefined ? "add" : "delete"]];
  }
  if (isList(before) && isList(after)) {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, i) =>
      paths(`${path}[${i}]`, before[i], after[i]),
    ).flat();
  }
  if (isRecord(before) && isRecord(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      paths(/^\w+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`, before[key], after[key]),
    );
  }
  return [[path, "update"]];
}
