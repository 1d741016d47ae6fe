import { stackConfigFromText } from "../../infra/config/stackFile";
import { ConfigError } from "../../infra/config/problems";
import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY } from "./engine";

/** Unquoted, as a person may write them: numbers of all kinds and what looks like one, words, points in time. */
const SCALARS = [
  ...["0", "-0", "7", "+7", "-7", "1.5", "1.50", "1.", ".5", "-.5", "+.5", "1e3", "1E3", "1e-7", "1e21", "1.5e300"],
  ...["7e12345", "7e1234", "12e03", "1e", "e1", "1e400", "-1e400", "0e0", "00", "007", "010", "089", "0123", "-010"],
  ...["1_000", "1_0", "0_", "_1", "1__0", "1_000.5", "0b1", "0B1", "0b2", "-0b1", "0o17", "0O17", "-0o17", "0o8"],
  ...["0b-1", "0b+1", "0o-7", "-0o-7", "0x-1", ".1_0", ".1__0", ".1e1_0"],
  ...["0x1F", "0X1f", "0XFF", "-0x1", "0xG", "0x", "9007199254740991", "9007199254740993", "9223372036854775807"],
  ...["9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775808"],
  ...["-9223372036854775809", "190:20:30", "1:2", "true", "True", "TRUE", "tRUE", "yes", "Yes", "on", "Off", "n", "y"],
  ...["false", "False", "null", "Null", "NULL", "~", "nil", "none", "=", "+", ".", "..", "...x", "-", "1-2", "1.2.3"],
  ...[
    "2024-01-02",
    "2024-1-2",
    "2024-13-01",
    "2024-02-30",
    "2024-02-29",
    "2023-02-29",
    "2024-01-02T03:04:05Z",
    "2024-01-02T24:00:00Z",
    "2024-01-02T03:60:00Z",
    "2024-01-02 03:04:05",
  ],
  ...["20240102", "2024-01", "12:30", "12:30:45", "1,000", "10.0.0.0/8", "v1.2", "abc", "a b", "a#b", "1st", "0.0.0"],
  ...[".nan", ".inf", "+.inf", "-.INF", ".infinity", "Infinity", "NaN", "inf", "nan", "0x1p-2", "1_e3", "1e1_0"],
];

/** Written as a list, so that one that would be no mapping key is a value all the same. */
function fileOf(scalar: string): string {
  return `config:\n  footprint:tags:\n    - ${scalar}\n`;
}

/** What our reader hands on, or that it refuses. */
function ours(scalar: string): string {
  try {
    return stackConfigFromText(fileOf(scalar), "Pulumi.yaml.yaml")["footprint:tags"] ?? "nothing";
  } catch (error) {
    if (error instanceof ConfigError) {
      return "refused";
    }
    throw error;
  }
}

describeWith([PULUMI_CLI], "a stack file as the engine reads it", () => {
  let engine: Engine;
  const theirs = new Map<string, string>();

  beforeAll(async () => {
    engine = await Engine.open();
    // Each is looked at alone: one that the engine takes for no JSON value spoils the file that it stands in.
    const finite = SCALARS.filter((scalar) => !/^[-+]?\.(?:inf|nan)$/i.test(scalar));
    const entries = finite.map((scalar, at) => `  footprint:key${String(at)}:\n    - ${scalar}\n`);
    await engine.pulumi("stack", "select", "--create", "yaml");
    engine.write("yaml", `config:\n${entries.join("")}`);
    const { stdout, stderr } = await engine.pulumi("config", "--json", "--stack", "yaml");
    if (stdout === "") {
      throw new Error(stderr);
    }
    const values = JSON.parse(stdout) as Record<string, { readonly value: string }>;
    finite.forEach((scalar, at) => theirs.set(scalar, values[`footprint:key${String(at)}`]?.value ?? "nothing"));
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  test("is read alike by the plan, or refused by it", () => {
    const read = SCALARS.filter((scalar) => ours(scalar) !== "refused");
    const differing = read.filter((scalar) => ours(scalar) !== theirs.get(scalar));

    expect(differing.map((scalar) => [scalar, ours(scalar), theirs.get(scalar)])).toEqual([]);
    expect(read.length).toBeGreaterThan(60);
  });

  test("is refused for what is read as a number in a way that hardly anybody means", () => {
    expect(SCALARS.filter((scalar) => ours(scalar) === "refused").sort()).toMatchInlineSnapshot(`
      [
        "+.inf",
        "-.INF",
        "-010",
        "-0b1",
        "-0o17",
        "-0x1",
        "-9223372036854775808",
        ".1_0",
        ".1e1_0",
        ".inf",
        ".nan",
        "010",
        "0123",
        "0B1",
        "0O17",
        "0X1f",
        "0XFF",
        "0_",
        "0b+1",
        "0b-1",
        "0b1",
        "0o-7",
        "18446744073709551615",
        "1_0",
        "1_000",
        "1_000.5",
        "1__0",
        "1_e3",
        "1e1_0",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
      ]
    `);
  });
});
