import type { JsonValue } from "../../plan/wire";
import type { Kind } from "./kind";
import { madeName, type NameRequest } from "./names";
import { isList, type Values } from "./values";

export interface Checked {
  readonly inputs: Values;
  readonly failure?: { readonly property: string; readonly reason: string };
}

/**
 * Completes what the program gave: the provider's defaults, and a name. `__defaults` names what was filled in, so that
 * the next check keeps a name that was made before.
 */
export function checked(kind: Kind, olds: Values, news: Values, request: NameRequest): Checked {
  const filled: Record<string, JsonValue> = Object.fromEntries(
    Object.entries(kind.defaults ?? {}).filter(([key]) => news[key] === undefined),
  );
  const { naming } = kind;
  let failure: Checked["failure"];
  if (naming !== undefined && news[naming.property] === undefined && news.namePrefix === undefined) {
    const former = olds[naming.property];
    const wasMade = isList(olds.__defaults) && olds.__defaults.includes(naming.property);
    try {
      filled[naming.property] = wasMade && former !== undefined ? former : madeName(naming, request);
    } catch (error) {
      failure = { property: naming.property, reason: error instanceof Error ? error.message : String(error) };
    }
  }
  const inputs = { ...news, ...filled, __defaults: Object.keys(filled).sort() };
  return failure === undefined ? { inputs } : { inputs, failure };
}
