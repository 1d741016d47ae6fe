import type { Requirement } from "../support/requirements";

/** What `npm run bench` measures in one go. */
export interface Part {
  readonly name: string;
  /** It takes so long that it is measured only when it is named. */
  readonly onlyByName?: true;
  /** What it needs beyond Node and the locked packages. */
  readonly requirements: readonly Requirement[];
  /** @param progress takes lines that say what is being done */
  readonly measure: (progress: (line: string) => void) => Promise<Outcome>;
}

export interface Outcome {
  /** The figures for a reader. */
  readonly text: string;
  /** The same for `--json`. */
  readonly figures: object;
  /** The bounds that they break, in words. */
  readonly broken: readonly string[];
}
