import type { Path } from "./problems";
import type { RegionTable } from "./regions";
import type { StackInput } from "./schema";

/** What a cross rule may look at. */
export interface RuleContext {
  readonly stack: string;
  /** `aws:region`, if it is set. */
  readonly homeRegion: string | undefined;
  readonly input: StackInput;
  readonly regions: RegionTable;
  /** False where the shape of something at that path was refused: what stands in `input` instead is a default. */
  readonly known: (...path: readonly string[]) => boolean;
  /** False when an entry of that map is missing in `input`, since its shape was refused as a whole. */
  readonly entire: (key: "zones" | "sites" | "pops") => boolean;
}

/** What a rule finds: where, and a sentence with what is allowed and what was given. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** A rule that needs more than one value, or a table. The id is stable: tests and readers name it. */
export interface Rule {
  readonly id: string;
  readonly check: (context: RuleContext) => readonly Finding[];
}

/** The values that stand more than once, each once. */
export function repeated<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values.filter((value, position) => values.indexOf(value) !== position))];
}

/** A finding for each value of a list that stands more than once; `what` is one of them, such as "a site". */
export function twice(path: Path, what: string, values: readonly string[]): readonly Finding[] {
  return repeated(values).map((value) => ({ path, message: `must name ${what} once, got "${value}" twice` }));
}
