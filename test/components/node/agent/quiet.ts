import type { Log } from "../../../../components/node/agent/log";

/** A log that keeps what it is told: level and event. */
export function keptLog(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = [];
  const say = (level: string) => (event: string) => {
    said.push(`${level} ${event}`);
  };
  return { log: { info: say("info"), warn: say("warn"), error: say("error") }, said };
}
