/** Does a line of the CLI say that a step of a resource begins? Another one says that it is done. */
export function begins(line: string): boolean {
  return / [a-z]+ing(?: [a-z]+)? \(\d+s\)/.test(line);
}
