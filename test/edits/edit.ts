import type { StackInput } from "../support/stacks";

/** What is done to a key: `add` and `remove` are the key's own, or an entry's of a list or a map. */
export type Kind = "add" | "remove" | "replace" | "reorder";

/** The value of a key; undefined: the key is not there. */
export type Value = unknown;

/** Puts a value where its key is. */
export type Place = (input: StackInput, value: Value) => StackInput;

/** Edits of one key, one after the other; the last one leads back to the first value. */
export interface Way {
  /** Keys of a stack file with dots between them; `*` is a name that the user chooses. */
  readonly key: string;
  readonly place: Place;
  /** What the key has first. Default: it is not there. */
  readonly start?: Value;
  readonly steps: readonly (readonly [kind: Kind, value: Value])[];
  /** What is edited, where the key alone does not say it. */
  readonly what?: string;
  /** Why the engine does not walk it with others: a guard refuses one of its steps, or `sequences.test.ts` walks it. */
  readonly apart?: "guarded" | "sequence";
  /** Hosts that it takes the answer from, as it says. */
  readonly ends?: readonly string[];
}

/** One edit of one key. */
export interface Edit {
  readonly way: Way;
  readonly kind: Kind;
  readonly from: Value;
  readonly to: Value;
}

export function editsOf(way: Way): readonly Edit[] {
  return way.steps.map(([kind, to], at) => ({ way, kind, from: at === 0 ? way.start : way.steps[at - 1]?.[1], to }));
}

/** Sets what stands at a path, making what is on the way; undefined takes it away. */
export function at(...path: readonly string[]): Place {
  return (input, value) => set(input, path, value) as StackInput;
}

function set(record: Readonly<Record<string, unknown>>, path: readonly string[], value: Value): object {
  const [first = "", ...rest] = path;
  if (rest.length > 0) {
    return { ...record, [first]: set((record[first] ?? {}) as Record<string, unknown>, rest, value) };
  }
  const { [first]: _, ...others } = record;
  // In its place, where it has one: order is one of the kinds.
  return value === undefined ? others : first in record ? { ...record, [first]: value } : { ...others, [first]: value };
}

/** The same for each of some PoPs; a function is asked for the PoP's own value. */
export function atEach(pops: readonly string[], ...path: readonly string[]): Place {
  return (input, value) =>
    pops
      .filter((code) => code in input.pops)
      .reduce((edited, code) => {
        const own = typeof value === "function" ? (value as (code: string) => Value)(code) : value;
        return at("pops", code, ...path)(edited, own);
      }, input);
}

/** A key with one value, that may be left out. */
export function optional(key: string, place: Place, first: Value, second: Value): Way {
  return {
    key,
    place,
    steps: [
      ["add", first],
      ["replace", second],
      ["remove", undefined],
    ],
  };
}

/** The generation of a secret, 1 where it is not there: one at a time, and two at once. */
export function generations(key: string, place: Place): readonly Way[] {
  const steps = [
    ["add", 2],
    ["replace", 3],
    ["replace", 2],
    ["remove", undefined],
  ] as const;
  const leap = [
    ["add", 3],
    ["remove", undefined],
  ] as const;
  return [
    { key, place, steps },
    { key, place, steps: leap, what: "two at once", apart: "guarded" },
  ];
}

/** A key that has one value only, or none. */
export function onlyTrue(key: string, place: Place): Way {
  return {
    key,
    place,
    steps: [
      ["add", true],
      ["remove", undefined],
    ],
  };
}

/** A key that must be there. */
export function required(key: string, place: Place, start: Value, ...others: readonly Value[]): Way {
  return { key, place, start, steps: [...others, start].map((value) => ["replace", value] as const) };
}

/** A list that may be left out. */
export function list(key: string, place: Place, a: Value, b: Value, c: Value): Way {
  return {
    key,
    place,
    steps: [
      ["add", [a, b]],
      ["reorder", [b, a]],
      ["replace", [b, c]],
      ["remove", undefined],
    ],
  };
}

/** A map of named entries, beside those that are there: in the order of the file. */
export function named(key: string, place: Place, there: object, more: readonly [object, object]): Way {
  const [one, other] = more;
  const steps = [
    ["add", { ...there, ...one }],
    ["reorder", { ...one, ...there }],
    ["replace", { ...there, ...other }],
    ["remove", there],
  ] as const;
  return { key, place, start: there, steps };
}
