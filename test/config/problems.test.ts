import { ConfigError, compare, didYouMean, formatPath, formatValue } from "../../infra/config/problems";

describe("a mistake", () => {
  test("has its place in the words of Pulumi's property paths", () => {
    // https://www.pulumi.com/docs/concepts/options/ignorechanges/: root.nested, root["key with a ."], root.array[0].
    expect(
      [
        ["pops", "us-east-1", "zones", 0],
        ["sites", "cdn.example.com", "origin"],
        ["aws:region"],
        ["a b", "c_d"],
        ["tags", 'a"b'],
        ["tags", ""],
        [0, 1],
        [],
      ].map(formatPath),
    ).toEqual([
      "pops.us-east-1.zones[0]",
      'sites["cdn.example.com"].origin',
      "aws:region",
      '["a b"].c_d',
      'tags["a\\"b"]',
      'tags[""]',
      "[0][1]",
      "",
    ]);
  });

  test("shows a value as JSON, cut at 80 characters, and a number that JSON has not", () => {
    expect(["a", NaN, -Infinity, 1.5, true, null, { a: [1] }].map(formatValue)).toEqual([
      '"a"',
      "NaN",
      "-Infinity",
      "1.5",
      "true",
      "null",
      '{"a":[1]}',
    ]);
    expect(formatValue("a".repeat(100))).toBe(`"${"a".repeat(79)}...`);
  });

  test("is listed once, by place, rule and words", () => {
    const problem = (path: string, rule: string, message: string) => ({ path, rule, message });
    const sorted = [problem("a", "z", "9"), problem("b", "x", "2"), problem("b", "y", "0"), problem("b", "y", "1")];
    const error = new ConfigError([...sorted, { ...sorted[0]! }].reverse());

    expect(error.problems).toEqual(sorted);
    expect(error.message).toBe("a: 9\nb: 2\nb: 0\nb: 1");
    expect(error.name).toBe("ConfigError");
  });
});

// Distances by Levenshtein's definition: the least number of letters put in, taken out or changed.
describe("a slip of the pen", () => {
  test.each([
    ["us-est-1", ["us-east-1", "us-west-1"], "us-east-1"],
    ["us-wast-1", ["us-east-1", "us-west-1"], "us-east-1"],
    ["US-EAST-1", ["us-east-1"], "us-east-1"],
    ["us-east-1", ["US-EAST-1"], "US-EAST-1"],
    ["ab", ["abcd", "wxyz"], "abcd"],
    ["abc", ["abcdef"], undefined],
    ["abcdefghi", ["abcdef"], "abcdef"],
    ["abcdefghi", ["abcde"], undefined],
    ["abcdefgh", ["abcde"], undefined],
    ["xy", ["ab"], undefined],
    ["xy", ["abc"], undefined],
    ["xy", [], undefined],
  ])("%s of %j is %p", (given, allowed, expected) => {
    const said = expected === undefined ? "" : `, did you mean "${expected}"?`;

    expect(didYouMean(given, allowed)).toBe(said);
    expect(didYouMean(given, [...allowed].reverse())).toBe(said);
  });

  test("names are in the order of their code units", () => {
    expect(["b", "a", "B", "ä", "ab", "a"].sort(compare)).toEqual(["B", "a", "a", "ab", "b", "ä"]);
    expect(compare("a", "a")).toBe(0);
  });
});
