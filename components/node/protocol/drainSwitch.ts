import { z } from "zod";

/** The content of the drain switch; whatever it holds, its existence drains the PoP. */
export const drainSwitchSchema = z.object({
  reason: z.string(),
  /** Who threw it. */
  by: z.string(),
  at: z.iso.datetime(),
});

/** Begins what a node says of its PoP's health while the switch is thrown. */
const DRAINED = "drained";

/** What a node says of its PoP's health while the switch is thrown; undefined: it does not say why it is. */
export function drainedText(drained: DrainSwitch | undefined): string {
  // Anyone can read it: who threw the switch is for operators, in the object.
  return drained === undefined
    ? `${DRAINED}; the switch does not say why`
    : `${DRAINED} since ${drained.at}: ${drained.reason}`;
}

/** Whether a node that says so of its PoP has seen a switch. */
export function isDrainedText(health: string): boolean {
  return health.startsWith(DRAINED);
}

export type DrainSwitch = z.output<typeof drainSwitchSchema>;
