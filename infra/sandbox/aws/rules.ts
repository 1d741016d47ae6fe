import type { Call, Rule } from "./rule";
import { globalRules } from "./rulesGlobal";
import { networkRules } from "./rulesNetwork";
import { nodeRules } from "./rulesNodes";
import { servingRules } from "./rulesServing";

/** Everything that AWS refuses to create or change, beside references to what is not there. */
export const RULES: readonly Rule[] = [...networkRules, ...nodeRules, ...servingRules, ...globalRules];

/** @throws Refusal of the first rule of the type that refuses */
export function checkRules(type: string, call: Call): void {
  for (const rule of RULES.filter((each) => each.type === type)) {
    const refusal = rule.refuses(call);
    if (refusal !== undefined) {
      throw refusal;
    }
  }
}
