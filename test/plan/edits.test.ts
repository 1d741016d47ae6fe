import * as fs from "node:fs";
import { documentOf, FILE, rows, type Row } from "../edits/document";
import { editsOf } from "../edits/edit";
import { kindsOfSchema } from "../edits/schemaKeys";
import { WAYS } from "../edits/table";

/** Milliseconds: only ends what hangs. */
const LONGEST = 1_800_000;

describe("the table of edits", () => {
  // The witness is the schema that stack files are checked against.
  test("has each key of a stack file with each kind of edit", () => {
    const kinds = WAYS.flatMap(editsOf).map(({ way, kind }) => `${kind} ${way.key}`);

    expect([...new Set(kinds)].sort()).toEqual(kindsOfSchema());
  });

  test("has edits that lead back to where they began", () => {
    const open = WAYS.filter(({ start, steps }) => JSON.stringify(steps.at(-1)?.[1]) !== JSON.stringify(start));

    expect(open.map(({ key }) => key)).toEqual([]);
  });
});

describe("the verdict on each edit", () => {
  let table: readonly Row[];

  beforeAll(async () => {
    table = await rows();
  }, LONGEST);

  test("is none of the rules of a stack file", () => {
    expect(table.flatMap(({ verdict: { rejected } }) => rejected ?? [])).toEqual([]);
  });

  test("says which edits a guard refuses", () => {
    const refused = table.filter(({ verdict }) => verdict.consequences.refused.length > 0).map(({ edit }) => edit.way);

    expect([...new Set(refused)]).toEqual(WAYS.filter(({ apart }) => apart === "guarded"));
  });

  test("is told in the document as the plan tells it", () => {
    expect(cellsOf(fs.readFileSync(FILE, "utf8"))).toEqual(cellsOf(documentOf(table)));
  });
});

/** Rows without the blanks that line columns up. */
function cellsOf(document: string): readonly string[] {
  return document
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[\s|:-]+$/.test(line))
    .map((line) => line.replace(/\s+/g, " "));
}
