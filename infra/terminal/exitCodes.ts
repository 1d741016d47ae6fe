/** What the process ends with. */
export const exitCodes = {
  ok: 0,
  /** Something went wrong that is neither the configuration's nor the command line's fault. */
  failure: 1,
  /** The stack file or the command line must change. */
  usage: 2,
} as const;
