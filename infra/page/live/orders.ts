import { z } from "zod";
import { jsonOf } from "../../terminal/jsonOf";
import type { Answer } from "./guard";
import type { LiveAction, LiveOrder } from "./state";

const schema = z.strictObject({ action: z.string(), target: z.string().nullable() });

/**
 * What a page asks for, if it is among what is offered; else why not.
 *
 * @param body undefined for one that was too long
 */
export function orderOf(
  contentType: string | undefined,
  body: string | undefined,
  actions: readonly LiveAction[],
): LiveOrder | Answer {
  if (contentType !== "application/json") {
    return { status: 415, text: `Content-Type: must be application/json, got ${contentType ?? "none"}` };
  }
  if (body === undefined) {
    return { status: 413, text: "The order is too long." };
  }
  const order = schema.safeParse(jsonOf(body)).data;
  if (order === undefined) {
    return { status: 400, text: "The order must be a JSON object with an action and a target." };
  }
  const action = actions.find(({ id }) => id === order.action);
  if (action === undefined) {
    return { status: 409, text: `${order.action} is not offered (any more).` };
  }
  const { targets } = action;
  const isOffered = targets === null ? order.target === null : targets.some(({ id }) => id === order.target);
  return isOffered
    ? order
    : { status: 409, text: `${action.label}: ${order.target ?? "nothing"} is not there (any more).` };
}
