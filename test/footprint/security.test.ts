import type { Recording, Registration } from "../../infra/plan/harness";
import { SECURITY_RULES } from "../support/securityRules";
import { shipped, SHIPPED, update } from "../support/stacks";
import { WAIVERS, type Waiver } from "../support/waivers";

type Stack = (typeof SHIPPED)[number];

function recorded(stack: Stack): Promise<Recording> {
  return update(shipped(stack), stack);
}

function covers(waiver: Waiver, rule: string, stack: Stack, found: Registration, recording: Recording): boolean {
  return waiver.rule === rule && (waiver.stacks?.includes(stack) ?? true) && waiver.covers(found, recording);
}

const named = ({ type, name }: Registration) => `${type} ${name}`;

describe("no stack breaks a security rule that is not waived", () => {
  describe.each(SHIPPED)("%s", (stack) => {
    test.each(SECURITY_RULES)("$id: $sentence", async ({ id, check }) => {
      const recording = await recorded(stack);

      const findings = check(recording).filter(
        (found) => !WAIVERS.some((waiver) => covers(waiver, id, stack, found, recording)),
      );

      expect(findings.map(named)).toEqual([]);
    });
  });
});

describe("every security rule can fail", () => {
  test.each(SECURITY_RULES)("$id finds one resource more, or less, in a doctored footprint", async (rule) => {
    // The sandbox alone makes a zone; the others are alike.
    const recording = await recorded(rule.id === "ELB.6" || rule.id === "EC2.25" ? "europe" : "sandbox");
    const before = rule.check(recording).map(named);
    const after = rule.check(rule.counter.doctor(recording)).map(named);

    const [all, rest] = rule.counter.kind === "spoil" ? [after, before] : [before, after];

    expect(all.filter((each) => !rest.includes(each))).toHaveLength(1);
    expect(rest.filter((each) => !all.includes(each))).toEqual([]);
  });
});

describe("waivers", () => {
  test.each(WAIVERS)("the one of $rule is used: $reason", async (waiver) => {
    const rule = SECURITY_RULES.find(({ id }) => id === waiver.rule);
    const used = [];
    for (const stack of SHIPPED) {
      const recording = await recorded(stack);
      const findings = rule?.check(recording) ?? [];
      used.push(...findings.filter((found) => covers(waiver, waiver.rule, stack, found, recording)));
    }

    expect(used).not.toEqual([]);
  });

  test("no finding needs two of them", async () => {
    const twice = [];
    for (const stack of SHIPPED) {
      const recording = await recorded(stack);
      for (const { id, check } of SECURITY_RULES) {
        for (const found of check(recording)) {
          const covering = WAIVERS.filter((waiver) => covers(waiver, id, stack, found, recording));
          twice.push(...(covering.length > 1 ? [`${id} ${named(found)}`] : []));
        }
      }
    }

    expect(twice).toEqual([]);
  });

  test("each has a reason and the date of a day that was", () => {
    for (const { reason, date } of WAIVERS) {
      expect(reason.length).toBeGreaterThan(40);
      expect(new Date(`${date}T00:00:00Z`).toISOString()).toBe(`${date}T00:00:00.000Z`);
    }
  });

  test("rules have different ids", () => {
    const ids = SECURITY_RULES.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
  });
});
