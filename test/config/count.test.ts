import { RULES } from "../../infra/config/rules";
import { constraintOf, schemaConstraints } from "./constraints";
import { problemsOfRefusal, REFUSALS } from "./refusals";

describe("the table of refusals", () => {
  const problems = REFUSALS.flatMap(problemsOfRefusal);

  test("has a case for every rule", () => {
    const seen = new Set(problems.map(({ rule }) => rule));
    expect(RULES.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([]);
  });

  test("has a case for every constraint of the schema", () => {
    const seen = new Set(
      problems.filter(({ rule }) => rule.startsWith("schema.")).map(({ path, rule }) => constraintOf(path, rule)),
    );
    expect([...schemaConstraints()].filter((constraint) => !seen.has(constraint))).toEqual([]);
  });

  test("the count itself sees the schema", () => {
    expect([...schemaConstraints()]).toEqual(
      expect.arrayContaining([
        "footprint schema.unknownKey",
        "zones schema.required",
        "pops.*.cidr schema.pattern",
        "defaults.nodes.min schema.minimum",
        "sites.*.origin schema.minItems",
        "tags.* schema.maxLength",
      ]),
    );
    expect(schemaConstraints().size).toBeGreaterThan(120);
  });

  test("rules have ids of their own", () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // Words, by which `footprint check` and readers of JSON name them.
    expect(ids.filter((id) => !/^[a-z]+(?:-[a-z]+)+$/.test(id))).toEqual([]);
  });
});
