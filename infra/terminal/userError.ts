/** A user's mistake, or the world's: said in its own words, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";

  /** @param exitCode of the process, 1 unless a command documents another */
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}
