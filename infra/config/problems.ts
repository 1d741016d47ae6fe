import { distance } from "fastest-levenshtein";

/** One mistake in a configuration. */
export interface Problem {
  /** Where: `pops.us-east-1.cidr`, `sites["cdn.example.com"].origin`. */
  readonly path: string;
  /** Stable id of the rule that was broken: a name of `RULES`, or `schema.<kind>` for the shape of a value. */
  readonly rule: string;
  /** What is wrong, what is allowed and what was given. */
  readonly message: string;
}

/** Steps from the root of the configuration to a value. */
export type Path = readonly (string | number)[];

/** Every mistake of a configuration at once: the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = sortProblems(problems);
    super(sorted.map(problemLine).join("\n"));
    this.problems = sorted;
  }
}

/** The line that a user reads: `pops.us-east-1.cidr: must be a /16 to /24, got "10.0.0.0/8"`. */
export function problemLine(problem: Problem): string {
  return `${problem.path}: ${problem.message}`;
}

/** Writes a path as Pulumi writes property paths: a key that is no plain word (a host name) stands in brackets. */
export function formatPath(path: Path): string {
  return path
    .map((step, position) => {
      if (typeof step === "number") {
        return `[${String(step)}]`;
      }
      if (/^[A-Za-z0-9_:-]+$/.test(step)) {
        return position === 0 ? step : `.${step}`;
      }
      return `[${JSON.stringify(step)}]`;
    })
    .join("");
}

/** The value as it was given, in JSON, cut where it would drown the line. */
export function formatValue(value: unknown): string {
  const limit = 80;
  // JSON has no word for what YAML writes as .inf and .nan.
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > limit ? `${text.slice(0, limit)}...` : text;
}

/** `, did you mean "origin"?` when one of the allowed names is near enough to be a slip, else nothing. */
export function didYouMean(given: string, allowed: readonly string[]): string {
  // A third of the letters may differ, at least two: "us-est-1" is near "us-east-1", "foo" is near nothing.
  const reach = Math.max(2, Math.floor(given.length / 3));
  const near = allowed
    .map((name) => ({ name, steps: distance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, steps }) => steps <= reach && steps < name.length)
    .sort((a, b) => a.steps - b.steps || compare(a.name, b.name))[0];
  return near === undefined ? "" : `, did you mean "${near.name}"?`;
}

/** Order by code units: the same under every locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((problem) => [problemLine(problem), problem]));
  return [...unique.values()].sort(
    (a, b) => compare(a.path, b.path) || compare(a.rule, b.rule) || compare(a.message, b.message),
  );
}
