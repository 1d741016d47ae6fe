import { stripVTControlCharacters } from "node:util";
import type { Style } from "../terminal/table";
import type { Change } from "./changes";
import type { ChangedResource, Changes, PlanDiff, RemovedResource, ResourceRef } from "./diff";
import type { JsonValue } from "./wire";

/** Longest value that is shown whole; user data and bundles are not for reading here. */
const LONGEST_VALUE = 60;

/** The difference of two plans as an operator reads it, PoP by PoP. */
export function renderDiff(stack: string, diff: PlanDiff, style: Style): string {
  const { add, change, replace, remove } = diff.summary;
  const sections = [...Object.entries(diff.pops), ["global", diff.global] as const].filter(([, changes]) =>
    [changes.add, changes.change, changes.replace, changes.remove].some((list) => list.length > 0),
  );
  if (sections.length === 0) {
    return `${style.bold(stack)}: nothing changes\n`;
  }
  const title = `${style.bold(stack)}: ${String(add)} to add, ${String(change)} to change, ${String(replace)} to replace, ${String(remove)} to remove`;
  return [title, ...sections.map(([name, changes]) => `${style.bold(name)}\n${section(changes, style)}`)]
    .join("\n\n")
    .concat("\n");
}

function section(changes: Changes, style: Style): string {
  return [
    ...list(changes.add, (each) => [`${style.green("+")} ${label(each)}`], `${style.green("+")} the whole PoP`),
    ...changes.change.flatMap((each) => [`${style.yellow("~")} ${label(each)}`, ...differences(each, style)]),
    ...changes.replace.flatMap((each) => [
      `${style.red("±")} ${label(each)}: replaced${refusal(each.refused, style)}`,
      ...each.reasons.map((reason) => `    ${reason}`),
      ...differences(each, style),
      ...(each.mayFollow.length === 0 ? [] : [`    may be replaced with it: ${each.mayFollow.map(nameOf).join(", ")}`]),
    ]),
    ...list(changes.remove, (each) => [removal(each, style)], `${style.red("-")} the whole PoP`),
  ]
    .map((line) => `  ${fitted(line, style)}`)
    .join("\n");
}

/** One line each; but a PoP that comes or goes as a whole is said in one, with its refusals. */
function list<T extends ResourceRef & { readonly refused?: boolean }>(
  resources: readonly T[],
  lines: (resource: T) => string[],
  whole: string,
): string[] {
  if (!resources.some(({ type }) => type === "footprint:pop:Pop")) {
    return resources.flatMap(lines);
  }
  const refused = resources.filter((each) => each.refused === true);
  return [`${whole}: ${String(resources.length)} resources`, ...refused.flatMap(lines)];
}

function removal(resource: RemovedResource, style: Style): string {
  const note = resource.retained ? style.dim(" (stays in AWS)") : "";
  return `${style.red("-")} ${label(resource)}${note}${refusal(resource.refused, style)}`;
}

function refusal(refused: boolean, style: Style): string {
  return refused ? style.red(" - protected: the deployment will be refused") : "";
}

function differences({ changes }: ChangedResource, style: Style): string[] {
  return changes.map((change) => `    ${style.dim(`${change.path}:`)} ${difference(change)}`);
}

function difference({ path, before, after }: Change): string {
  return path === "dependencies" ? "waits for others than before" : `${shown(before)} -> ${shown(after)}`;
}

function shown(value: JsonValue | undefined): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}... (${String(text.length)} characters)`;
}

function label({ type, name }: ResourceRef): string {
  return `${type.slice(type.lastIndexOf(":") + 1)} ${name}`;
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** A line that is longer than the terminal ends with dots: a difference is a list to run over with the eye. */
function fitted(line: string, { width }: Style): string {
  const text = stripVTControlCharacters(line);
  return text.length + 2 <= width ? line : `${text.slice(0, Math.max(0, width - 5))}...`;
}
