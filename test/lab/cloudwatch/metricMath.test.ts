import { evaluate } from "../../../infra/lab/cloudwatch/metricMath";

// Amazon CloudWatch, "Using math expressions with CloudWatch metrics": operators, IF, FILL.

const VALUES: Readonly<Record<string, number>> = { m1: 6, m2: 4, zero: 0, bytes: 75_000_000 };
const of = (expression: string) => evaluate(expression, (id) => VALUES[id]);

test.each([
  ["m1 - m2", 2],
  ["m1 + m2 * 2", 14],
  ["(m1 + m2) * 2", 20],
  ["m1 - m2 - 1", 1],
  ["-m2 + 1", -3],
  ["m1 > m2", 1],
  ["m1 <= m2", 0],
  ["IF(m1 > m2, m1 - 10, -1)", -4],
  ["IF(m1 == m2, m1, -1)", -1],
  ["bytes * 8 / 60 / 1000000", 10],
  ["m1 - FILL(absent, 0)", 6],
  ["FILL(m2, 0)", 4],
])("%s is %d", (expression, value) => {
  expect(of(expression)).toBe(value);
});

test("what lacks a value has none, and nothing is divided by zero", () => {
  expect(of("m1 - absent")).toBeUndefined();
  expect(of("IF(absent > 1, 1, 0)")).toBeUndefined();
  expect(of("m1 / zero")).toBeUndefined();
});

test("rejects what it does not know", () => {
  expect(() => of("m1 % m2")).toThrow(new Error('m1 % m2: " % m2" is not understood'));
  expect(() => of("(m1")).toThrow(new Error('(m1: ")" is expected, not "the end"'));
  expect(() => of("m1 m2")).toThrow(new Error('m1 m2: "m2" is not expected'));
});
