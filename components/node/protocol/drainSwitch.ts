import { z } from "zod";

/** The content of the drain switch; whatever it holds, its existence drains the PoP. */
export const drainSwitchSchema = z.object({
  reason: z.string(),
  /** Who threw it. */
  by: z.string(),
  at: z.iso.datetime(),
});

export type DrainSwitch = z.output<typeof drainSwitchSchema>;
