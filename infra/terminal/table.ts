import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";

/** How text is written: the colours of the stream that it goes to, and its width. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  /** Columns of the terminal; Infinity elsewhere. */
  readonly width: number;
}

/** Blank columns between two columns of text. */
const GAP = 2;
const INDENT = 2;
/** A column is not wrapped below this: a CIDR and a region code stay whole. */
const NARROWEST = 17;

/**
 * A table without lines, so that it can be cut and searched. Columns are as wide as their content; where the terminal
 * has less, the widest ones wrap.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  const made = new Table({
    head: head.every((title) => title === "") ? [] : head.map(style.dim),
    colWidths: columnWidths([head, ...rows], style.width),
    wordWrap: true,
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP },
  });
  made.push(...rows.map((row) => [...row]));
  return indented(made.toString());
}

/** Every line a little in, without blanks at its end. */
export function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `${" ".repeat(INDENT)}${line}`.trimEnd())
    .join("\n");
}

function columnWidths(lines: readonly (readonly string[])[], available: number): number[] {
  const widths = (lines[0] ?? []).map(
    (_, column) => GAP + Math.max(...lines.map((line) => stripVTControlCharacters(line[column] ?? "").length)),
  );
  const excess = () => INDENT + widths.reduce((sum, width) => sum + width, 0) - available;
  for (let widest = Math.max(...widths); excess() > 0 && widest > NARROWEST; widest = Math.max(...widths)) {
    widths[widths.indexOf(widest)] = Math.max(NARROWEST, widest - excess());
  }
  return widths;
}

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};
