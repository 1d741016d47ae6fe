import { compare } from "../config/problems";
import { type Change, changedInputs, changes } from "./changes";
import type { Plan, PlannedResource } from "./model";
import { conditionalReplacements, replacement, replacingProperties } from "./replacing";
import { COMPUTED } from "./wire";

export interface ResourceRef {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
}

export interface ChangedResource extends ResourceRef {
  readonly changes: readonly Change[];
}

export interface RemovedResource extends ResourceRef {
  /** The resource is protected, so the engine refuses the deployment. */
  readonly refused: boolean;
  /** The resource leaves the stack but stays where it is. */
  readonly retained: boolean;
}

export interface ReplacedResource extends ChangedResource {
  /** The resource is protected, so the engine refuses the deployment. */
  readonly refused: boolean;
  /** Why the resource cannot be changed in place, in the order of the properties. */
  readonly reasons: readonly string[];
  /**
   * URNs of unchanged or changed resources that may be replaced as well: they depend on this one, directly or through
   * others of the list, and a property that replaces them holds a value that only the provider can compute.
   */
  readonly mayFollow: readonly string[];
}

/** What happens to one PoP, or to what is global; every list in the order of URNs. */
export interface Changes {
  readonly add: readonly ResourceRef[];
  readonly change: readonly ChangedResource[];
  readonly replace: readonly ReplacedResource[];
  readonly remove: readonly RemovedResource[];
}

export type ChangeCounts = { readonly [kind in keyof Changes]: number };

export interface PlanDiff {
  /** PoPs with a difference, by region. */
  readonly pops: Readonly<Record<string, Changes>>;
  readonly global: Changes;
  readonly summary: ChangeCounts;
}

/**
 * What a deployment of `after` would do to a footprint that was deployed from `before`. A resource is the same if its
 * URN is the same; the order of resources does not matter. Values are compared as the plans print them, so a secret
 * that changes behind its marker is not seen.
 */
export function diffPlans(before: Pick<Plan, "resources">, after: Pick<Plan, "resources">): PlanDiff {
  const old = byUrn(before);
  const fresh = byUrn(after);
  const sorted = [...fresh.values()].sort((a, b) => compare(a.urn, b.urn));

  const add = sorted.filter(({ urn }) => !old.has(urn));
  const remove = [...old.values()].filter(({ urn }) => !fresh.has(urn)).sort((a, b) => compare(a.urn, b.urn));
  const differing = sorted.flatMap((resource) => {
    const was = old.get(resource.urn);
    const found = was === undefined ? [] : changes(was, resource);
    return was === undefined || found.length === 0 ? [] : [{ was, resource, found, why: reasons(was, resource) }];
  });

  const of = (pop: string | null): Changes => {
    const here = differing.filter(({ resource }) => resource.pop === pop);
    return {
      add: add.filter((each) => each.pop === pop).map(ref),
      change: here
        .filter(({ why }) => why.length === 0)
        .map(({ resource, found }) => ({ ...ref(resource), changes: found })),
      replace: here
        .filter(({ why }) => why.length > 0)
        .map(({ was, resource, found, why }) => ({
          ...ref(resource),
          refused: was.options.protect === true,
          changes: found,
          reasons: why,
          mayFollow: followers(resource, sorted),
        })),
      remove: remove
        .filter((each) => each.pop === pop)
        .map((each) => ({
          ...ref(each),
          refused: each.options.protect === true,
          retained: each.options.retainOnDelete === true,
        })),
    };
  };

  const touched = [...add, ...remove, ...differing.map(({ resource }) => resource)].map(({ pop }) => pop);
  const regions = [...new Set(touched)].filter((pop) => pop !== null).sort(compare);
  const pops = Object.fromEntries(regions.map((region) => [region, of(region)]));
  const global = of(null);
  return { pops, global, summary: counts([...Object.values(pops), global]) };
}

/** Why the changed inputs of a resource replace it; empty when they do not. */
function reasons(before: PlannedResource, after: PlannedResource): readonly string[] {
  const asked = replacedOnChange(after);
  return changedInputs(before, after).flatMap((property) => {
    const why = replacement(after.type, property, before.inputs[property], after.inputs[property]);
    if (why !== null) {
      return [why.reason];
    }
    return asked.includes(property) ? [`the program asks for it when ${property} changes`] : [];
  });
}

/** Properties whose change replaces the resource because the program says so. */
function replacedOnChange({ options }: PlannedResource): readonly string[] {
  const { replaceOnChanges } = options;
  return Array.isArray(replaceOnChanges) ? replaceOnChanges.map(String) : [];
}

/** The resources that a replacement may take along. */
function followers(replaced: PlannedResource, all: readonly PlannedResource[]): readonly string[] {
  const found = new Set([replaced.urn]);
  const candidates = all.filter((each) => {
    const { inputs, options } = each;
    const values = [...decisive(each.type), ...replacedOnChange(each)].map((property) => inputs[property]);
    return [...values, options.replacementTrigger].some((value) => JSON.stringify(value ?? null).includes(COMPUTED));
  });
  // A resource that follows may be followed in turn, whatever the order of URNs: repeat until nothing is added.
  for (let size = 0; size < found.size;) {
    size = found.size;
    candidates
      .filter(({ dependencies }) => dependencies.some((urn) => found.has(urn)))
      .forEach(({ urn }) => found.add(urn));
  }
  found.delete(replaced.urn);
  return [...found].sort(compare);
}

/** Properties of a type that replace it when what they point at has been replaced. */
function decisive(type: string): readonly string[] {
  const lists = conditionalReplacements(type).filter(
    ({ when }) => when === "element removed" || when === "does not grow",
  );
  return [...replacingProperties(type), ...lists.map(({ property }) => property)];
}

function byUrn(plan: Pick<Plan, "resources">): ReadonlyMap<string, PlannedResource> {
  return new Map(plan.resources.map((resource) => [resource.urn, resource]));
}

function ref({ type, name, urn }: PlannedResource): ResourceRef {
  return { type, name, urn };
}

function counts(all: readonly Changes[]): ChangeCounts {
  const total = (kind: keyof Changes): number => all.reduce((sum, each) => sum + each[kind].length, 0);
  return { add: total("add"), change: total("change"), replace: total("replace"), remove: total("remove") };
}
