import { formatPath, type Problem } from "./problems";
import type { Rule, RuleContext } from "./rule";
import { ADDRESS_RULES } from "./rulesAddresses";
import { FOOTPRINT_RULES } from "./rulesFootprint";
import { POP_RULES } from "./rulesPops";
import { SITE_RULES } from "./rulesSites";
import { TYPE_RULES } from "./rulesTypes";
import { ZONE_RULES } from "./rulesZones";

/** Every rule that needs more than the shape of one value. */
export const RULES: readonly Rule[] = [
  ...FOOTPRINT_RULES,
  ...ZONE_RULES,
  ...SITE_RULES,
  ...POP_RULES,
  ...ADDRESS_RULES,
  ...TYPE_RULES,
];

/** Applies every rule: all problems, in no particular order. */
export function checkRules(context: RuleContext): readonly Problem[] {
  return RULES.flatMap((rule) =>
    rule.check(context).map(({ path, message }) => ({ path: formatPath(path), rule: rule.id, message })),
  );
}
