/** AWS refuses a call: its code and its words. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(`api error ${code}: ${text}`);
  }
}
