/** Tells what this program does: a line on standard error. */
export function say(line: string): void {
  process.stderr.write(`footprint: ${line}\n`);
}
