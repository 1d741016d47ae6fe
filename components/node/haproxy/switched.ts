import { SEEN_FILE, SEEN_KEY, SWITCHES, SWITCHES_FILE, type Switch } from "../protocol/switches";

/** The reason of a switch, for log formats and conditions. The file need not be there when HAProxy starts. */
function reason(which: Switch): string {
  return `str(${SWITCHES[which]}),map_str(opt@${SWITCHES_FILE})`;
}

/** A condition: the agent has set the switch. */
export function isSwitched(which: Switch): string {
  return `{ ${reason(which)} -m found }`;
}

/** Rules that answer health where the condition holds: 503 with the switch's reason when it is set, else 200. */
export function switchedHealth(which: Switch, condition: string): string {
  return [
    answer(503, `lf-string "%[${reason(which)}]\\n"`, `${condition} ${isSwitched(which)}`),
    answer(200, `string "ok\\n"`, condition),
  ].join("\n");
}

/**
 * Rules that answer 503 where the condition holds when purges were read for the last time so many seconds ago: a dead
 * man's switch, since who would throw another one is the agent, which may be dead, or hang. By the machine's clock: HAProxy
 * has no other to compare with, and a clock that is set is known to the agent within seconds.
 */
export function deadMansSwitch(condition: string, seconds: number): string {
  return [
    `    http-request set-var(txn.seen) str(${SEEN_KEY}),map_str(opt@${SEEN_FILE}) if ${condition}`,
    `    http-request set-var(txn.seen) var(proc.started) if ${condition} !{ var(txn.seen) -m found }`,
    `    http-request set-var(txn.unseen) date,sub(txn.seen) if ${condition}`,
    answer(
      503,
      `string "no purge could be read for ${String(seconds)} s\\n"`,
      `${condition} { var(txn.unseen) -m int gt ${String(seconds)} }`,
    ),
  ].join("\n");
}

function answer(status: number, body: string, when: string): string {
  return `    http-request return status ${String(status)} content-type text/plain ${body} hdr Cache-Control no-store if ${when}`;
}
