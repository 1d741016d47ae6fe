import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brokenBySoak, INVARIANTS, ROOM } from "../../node/soak/invariants";

const FIRST = { megabytes: 1000, files: 1000, kilobytes: 10_000 };
const WELL = { rounds: 2, asked: 10, wrong: [], unhealthy: [], held: [FIRST, FIRST] };

describe("the invariants that the README states", () => {
  const readme = readFileSync(join(__dirname, "../../../components/node/README.md"), "utf8");
  const [, table = ""] = /\n\| invariant +\|[^\n]*\n\|[ |-]+\|\n((?:\|[^\n]*\n)+)/.exec(readme) ?? [];
  const rows = table.split("\n").filter((line) => line !== "");

  test("are those that the soak looks at, and no other", () => {
    expect(rows.map((row) => /^\| `([^`]+)` /.exec(row)?.[1])).toEqual(Object.keys(INVARIANTS));
  });

  test("leave the room that it leaves", () => {
    const said = rows.slice(2).map((row) => /a fifth and (\d+) ?(MB)?/.exec(row)?.slice(1).join(" ").trim());

    expect(said).toEqual([`${String(ROOM.megabytes)} MB`, String(ROOM.files), `${String(ROOM.kilobytes / 1024)} MB`]);
  });

  test("are broken each by what breaks it alone", () => {
    const more = (what: keyof typeof FIRST) => [FIRST, { ...FIRST, [what]: FIRST[what] * 1.2 + ROOM[what] + 1 }];
    const broken = [
      { ...WELL, wrong: ["500"] },
      { ...WELL, unhealthy: ["0 503"] },
      { ...WELL, held: more("megabytes") },
      { ...WELL, held: more("files") },
      { ...WELL, held: more("kilobytes") },
    ].map(brokenBySoak);

    expect(brokenBySoak(WELL)).toEqual([]);
    expect(broken.map((found) => found.map((how) => how.split(":")[0]))).toEqual(
      Object.keys(INVARIANTS).map((name) => [name]),
    );
  });
});
