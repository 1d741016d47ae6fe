/** What the engine did, or in a preview would do, with one resource. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** Logical name, the end of the URN. */
  readonly name: string;
  /** Top-level properties that differ. */
  readonly changed: readonly string[];
}

interface Metadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly diffs?: readonly string[] | null;
}

interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: Metadata };
  readonly resOutputsEvent?: { readonly metadata: Metadata };
}

/** What is said of a resource that stays as it is, or is only looked at. */
const IDLE: readonly string[] = ["same", "refresh"];

/** The steps in an event log of the engine, without those that leave a resource as it is. */
export function stepsOf(log: string): Step[] {
  const events = log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as EngineEvent);
  const begun = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
  const looked = new Set(begun.filter(({ op }) => op === "refresh").map(({ urn }) => urn));
  // A refresh says only afterwards what it has found.
  const found = events.flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []);
  return [...begun, ...found.filter(({ urn }) => looked.has(urn))]
    .filter(({ op }) => !IDLE.includes(op))
    .map(({ op, urn, type, diffs }) => ({ op, urn, type, name: nameOf(urn), changed: diffs ?? [] }));
}

export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** `op Type name` of each step in code-unit order; a change says of what. */
export function lines(steps: readonly Step[]): string[] {
  return steps.map(({ op, type, name, changed }) => [op, shortType(type), name, ...changed].join(" ")).sort();
}

/** `op Type` of each step, each once. */
export function kinds(steps: readonly Step[]): string[] {
  return [...new Set(steps.map(({ op, type }) => `${op} ${shortType(type)}`))].sort();
}

/** What an engine decides on: the steps of a preview and those of its update have the same. */
export function decisions(steps: readonly Step[]): string[] {
  return steps.map(({ op, urn }) => `${op} ${urn}`).sort();
}

/** The PoP that a logical name belongs to, or `global`: each resource of a PoP has its region in its name. */
export function popOf(name: string): string {
  return /\b[a-z]{2}-[a-z]+-\d\b/.exec(name)?.[0] ?? "global";
}

/** PoPs that the steps touch. */
export function popsOf(steps: readonly Step[]): string[] {
  return [...new Set(steps.map(({ name }) => popOf(name)))].sort();
}

function shortType(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}
