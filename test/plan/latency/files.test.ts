import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answers, usersLatency } from "../../../infra/plan/latency/answers";
import { originRegion, tableOf, usersOf } from "../../../infra/plan/latency/files";
import { SHIPPED_LATENCY } from "../../../infra/plan/latency/table";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "footprint-files-"));
  file = join(folder, "own");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The message with which the options are refused, the file in it as FILE. */
function refusal(option: "latency" | "weights", text: string): string {
  writeFileSync(file, text);
  try {
    usersOf({ [option]: file });
  } catch (error) {
    return (error as Error).message.replaceAll(file, "FILE");
  }
  return "taken";
}

describe("a file of round trips", () => {
  it("wins over the table, figure by figure, and says where it comes from", () => {
    const lagos = SHIPPED_LATENCY.places.find(({ name }) => name === "Lagos")!;
    writeFileSync(
      file,
      "source: our beacons, 2026-10\nplaces: [{ name: Lagos, country: NG, ms: { eu-west-2: 89.5 } }]",
    );
    const table = tableOf({ latency: file });
    expect(table.source).toBe(`our beacons, 2026-10, else ${SHIPPED_LATENCY.source}`);
    expect(table.places.find(({ name }) => name === "Lagos")).toEqual({
      ...lagos,
      ms: { ...lagos.ms, "eu-west-2": 89.5 },
    });
    expect(table.places.filter(({ name }) => name !== "Lagos")).toEqual(
      SHIPPED_LATENCY.places.filter(({ name }) => name !== "Lagos"),
    );
  });

  it("adds places, in JSON as in YAML, and a region without figures gets some", () => {
    const place = { name: "Tehran", country: "IR", lat: 35.7, lon: 51.4, ms: { "me-south-1": 40 } };
    writeFileSync(file, JSON.stringify({ source: "ours", places: [place] }));
    const { places } = usersOf({ latency: file });
    expect(places.find(({ name }) => name === "Tehran")).toEqual({ ...place, share: expect.any(Number) as number });
    expect(places.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(originRegion("me-south-1", tableOf({ latency: file }))).toBe("me-south-1");
  });

  it.each([
    ["nothing", "", "--latency FILE: the file: must be a map with source and places, got null"],
    ["a text", "hello", '--latency FILE: the file: must be a map with source and places, got "hello"'],
    [
      "what is missing",
      "{}",
      "--latency FILE: source: must be a text, got nothing\n  places: must be a list of places, got nothing",
    ],
    [
      "no source and no place",
      "{ source: '', places: [] }",
      '--latency FILE: source: must not be empty, got ""\n  places: must have a place, got []',
    ],
    [
      "unknown keys",
      "{ source: s, sorce: s, places: [{ name: Lagos, country: NG, ms: {}, rtt: 3 }] }",
      '--latency FILE: places[0]: must not have "rtt"\n  the file: must not have "sorce"',
    ],
    [
      "values of another kind",
      "{ source: 1, places: [7, { name: [], country: Nigeria, lat: x, lon: 181, ms: 3 }] }",
      [
        "--latency FILE: source: must be a text, got 1",
        "places[0]: must be a map with name, country and ms, got 7",
        "places[1].name: must be a text, got []",
        'places[1].country: must be an ISO 3166 code of two capital letters, got "Nigeria"',
        'places[1].lat: must be a number, got "x"',
        "places[1].lon: must be -180 to 180, got 181",
        "places[1].ms: must be a map from AWS regions to round-trip times in ms, got 3",
      ].join("\n  "),
    ],
    [
      "figures that are none",
      "{ source: s, places: [{ name: Lagos, country: NG, ms: { eu-west-1: 0, eu-west-2: fast, eu-west-3: .inf } }] }",
      [
        "--latency FILE: places[0].ms.eu-west-1: must be above 0, got 0",
        'places[0].ms.eu-west-2: must be a number, got "fast"',
        "places[0].ms.eu-west-3: must be a number, got Infinity",
      ].join("\n  "),
    ],
    [
      "regions that are none",
      "{ source: s, places: [{ name: Lagos, country: NG, ms: { eu-wst-1: 80, the moon: 2600 } }] }",
      [
        '--latency FILE: places[0].ms.eu-wst-1: must be an AWS region, did you mean "eu-west-1"?',
        'places[0].ms["the moon"]: must be an AWS region',
      ].join("\n  "),
    ],
    [
      "a new place without coordinates, with the name it may have meant",
      "{ source: s, places: [{ name: Lagoss, country: NG, lat: 6, ms: {} }] }",
      '--latency FILE: places[0]: must have lat and lon, since the table has no "Lagoss", did you mean "Lagos"?',
    ],
    [
      "another country's city of the same name",
      "{ source: s, places: [{ name: Lagos, country: PT, ms: {} }] }",
      '--latency FILE: places[0].country: must be NG as in the table, got "PT"; another city needs another name',
    ],
    [
      "a place that is there twice",
      "{ source: s, places: [{ name: Lagos, country: NG, ms: {} }, { name: Lagos, country: NG, ms: {} }] }",
      '--latency FILE: places[1].name: must be there once, got "Lagos" again',
    ],
  ])("rejects %s", (_, text, message) => {
    expect(refusal("latency", text)).toBe(message);
  });
});

describe("a file of weights", () => {
  it("gives a country's users to all of its cities evenly, a city's to itself", () => {
    writeFileSync(file, "source: access logs\nusers: { CN: 40, Lagos: 10, GL: 50 }");
    const { places, weights, elsewhere } = usersOf({ weights: file });
    const shares = Object.fromEntries(places.filter(({ share }) => share > 0).map(({ name, share }) => [name, share]));
    const inChina = places.filter(({ country }) => country === "CN").map(({ name }) => [name, 0.8 / 4]);
    expect(inChina).toHaveLength(4);
    expect([shares, weights, elsewhere]).toEqual([{ Lagos: 0.2, ...Object.fromEntries(inChina) }, "access logs", 0.5]);
  });

  it("decides what is said of the footprint", () => {
    writeFileSync(file, "{ source: s, users: { Lagos: 1 } }");
    const { places } = usersOf({ weights: file });
    const lagos = SHIPPED_LATENCY.places.find(({ name }) => name === "Lagos")!.ms["eu-west-2"]!;
    expect(usersLatency(places, answers(places, ["eu-west-2"]))).toEqual({ median: lagos, p95: lagos, mean: lagos });
  });

  it("may name a country that only one's own round trips have", () => {
    const latency = join(folder, "latency");
    writeFileSync(
      latency,
      "{ source: s, places: [{ name: Base, country: AQ, lat: -77, lon: 166, ms: { sa-east-1: 300 } }] }",
    );
    writeFileSync(file, "{ source: s, users: { AQ: 1 } }");
    expect(
      usersOf({ latency, weights: file })
        .places.filter(({ share }) => share > 0)
        .map(({ name }) => name),
    ).toEqual(["Base"]);
  });

  it.each([
    ["nothing", "", "--weights FILE: the file: must be a map with source and users, got null"],
    [
      "what is missing",
      "{}",
      "--weights FILE: source: must be a text, got nothing\n  users: must be a map from cities or countries to their users, got nothing",
    ],
    [
      "users that are no number, or fewer than none",
      "{ source: s, users: { BR: many, PT: -1 }, unit: percent }",
      [
        '--weights FILE: users.BR: must be a number, got "many"',
        "users.PT: must be 0 or more, got -1",
        'the file: must not have "unit"',
      ].join("\n  "),
    ],
    [
      "names that nobody knows, with the one that may be meant",
      "{ source: s, users: { Lagoss: 1, Brazil: 2, New Yrk: 3, BR: 4 } }",
      [
        '--weights FILE: users.Lagoss: must be a city of the latency table or the ISO 3166 code of a country, did you mean "Lagos"?',
        "users.Brazil: must be a city of the latency table or the ISO 3166 code of a country",
        'users["New Yrk"]: must be a city of the latency table or the ISO 3166 code of a country, did you mean "New York"?',
      ].join("\n  "),
    ],
    [
      "a city beside its country",
      "{ source: s, users: { BR: 4, Sao Paulo: 1 } }",
      '--weights FILE: users["Sao Paulo"]: must not stand beside its country BR, whose users are spread over all of its cities',
    ],
    [
      "users of whom nothing can be said",
      "{ source: s, users: { GL: 4, Lagos: 0 } }",
      "--weights FILE: users: must give users to a place of the latency table",
    ],
  ])("rejects %s", (_, text, message) => {
    expect(refusal("weights", text)).toBe(message);
  });
});

describe.each(["latency", "weights"] as const)("--%s", (option) => {
  it("rejects a file that is not there", () => {
    const none = join(folder, "none");
    // Jest's Error is not the one that Node's file system throws, so its text has "Error: " before it here.
    expect(() => usersOf({ [option]: none })).toThrow(
      new Error(
        `--${option}: must be a file of JSON or YAML, got "${none}" (Error: ENOENT: no such file or directory, open '${none}')`,
      ),
    );
  });

  it("rejects what is neither JSON nor YAML, and keys that are there twice", () => {
    expect(refusal(option, "{")).toMatch(
      new RegExp(`^--${option}: must be a file of JSON or YAML, got "FILE" \\(Flow map must end with a }.*\\)$`),
    );
    expect(refusal(option, "source: a\nsource: b")).toBe(
      `--${option}: must be a file of JSON or YAML, got "FILE" (Map keys must be unique)`,
    );
  });
});

describe("--origin", () => {
  it("rejects a region without figures, with all that have some", () => {
    const all = [...new Set(SHIPPED_LATENCY.places.flatMap(({ ms }) => Object.keys(ms)))].sort().join(", ");
    expect(() => originRegion("us-est-1", SHIPPED_LATENCY)).toThrow(
      new Error(
        `--origin: must be an AWS region of which the latency table has figures, got "us-est-1", did you mean "us-east-1"?; there are: ${all}`,
      ),
    );
  });
});
