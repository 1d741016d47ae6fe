/** What the agent says: one JSON object a line, for the journal. */
export interface Log {
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

type Fields = Readonly<Record<string, unknown>>;

/** A log that writes to `write`, by default standard output. No secret may be among the fields. */
export function jsonLog(write: (line: string) => void = (line) => process.stdout.write(line)): Log {
  const say =
    (level: string) =>
    (event: string, fields: Fields = {}): void => {
      write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...fields })}\n`);
    };
  return { info: say("info"), warn: say("warn"), error: say("error") };
}

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split("\n")[0] ?? "";
}
