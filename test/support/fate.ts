import type { Recording, Registration } from "../../infra/plan/harness";
import { replacement } from "../../infra/plan/replacing";
import type { JsonValue } from "../../infra/plan/wire";
import { isRecord } from "./registrations";

/** What an update would take away: `Type name`, in code-unit order. */
export interface Fate {
  /** Made anew; what they were is deleted. */
  readonly replaced: readonly Registration[];
  /** No longer in the program. */
  readonly removed: readonly Registration[];
}

/**
 * What becomes of the resources of one recording when the program makes another: by the table of replacing properties,
 * and, as in the engine, with what follows from it: what is made anew has another id, which may replace in turn those
 * that hold it.
 */
export function fate(before: Recording, after: Recording): Fate {
  const now = new Map(after.registrations.map((each) => [each.urn, each]));
  const pairs = before.registrations.flatMap((was) => {
    const is = now.get(was.urn);
    return is?.custom === true ? [{ was, is }] : [];
  });
  const replaced = new Map<string, Registration>();
  for (let size = -1; size < replaced.size;) {
    size = replaced.size;
    for (const { was, is } of pairs) {
      const renewed = is.dependencies.flatMap((urn) => replaced.get(urn) ?? []);
      const inputs = renew(is.inputs, renewed) as Registration["inputs"];
      // A trigger stands in no list of dependencies.
      const options = renew(is.options, [...replaced.values()]) as Registration["options"];
      if (isReplaced(was, { ...is, inputs, options })) {
        replaced.set(is.urn, is);
      }
    }
  }
  return {
    replaced: [...replaced.values()],
    removed: before.registrations.filter(({ custom, urn }) => custom && !now.has(urn)),
  };
}

function isReplaced(was: Registration, is: Registration): boolean {
  const { ignoreChanges: ignored, replaceOnChanges: asked, replacementTrigger: trigger } = is.options;
  if (JSON.stringify(was.options.replacementTrigger) !== JSON.stringify(trigger)) {
    return true;
  }
  return [...new Set([...Object.keys(was.inputs), ...Object.keys(is.inputs)])]
    .filter((property) => !(Array.isArray(ignored) && ignored.includes(property)))
    .filter((property) => JSON.stringify(was.inputs[property]) !== JSON.stringify(is.inputs[property]))
    .some(
      (property) =>
        replacement(is.type, property, was.inputs[property], is.inputs[property]) !== null ||
        (Array.isArray(asked) && asked.includes(property)),
    );
}

/** A value as it would be if those resources were made anew: the made-up cloud's values end in a resource's name. */
function renew(value: JsonValue, renewed: readonly Registration[]): JsonValue {
  if (typeof value === "string") {
    const holds = ({ name }: Registration) =>
      [`-of-${name}`, `:${name}`, `/${name}`].some((end) => value.endsWith(end)) || value === `${name}-0a1b2c3`;
    return renewed.some(holds) ? `${value} anew` : value;
  }
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((each) => renew(each, renewed));
  }
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renew(each, renewed)]))
    : value;
}

/** `Type name` of each, in code-unit order. */
export function labels(registrations: readonly Registration[]): readonly string[] {
  return registrations.map(({ type, name }) => `${type.slice(type.lastIndexOf(":") + 1)} ${name}`).sort();
}
