import { SWITCHES, SWITCHES_FILE, type Switch } from "../protocol/switches";

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
  const answer = (status: number, body: string, when: string): string =>
    `    http-request return status ${String(status)} content-type text/plain ${body} hdr Cache-Control no-store if ${when}`;
  return [
    answer(503, `lf-string "%[${reason(which)}]\\n"`, `${condition} ${isSwitched(which)}`),
    answer(200, `string "ok\\n"`, condition),
  ].join("\n");
}
