import type { NodeFiles } from "./nodeFiles";

/** Amazon's time service as an instance reaches it: link-local, so that no rule of the network is in its way. */
const SOURCE = "169.254.169.123";

/** By whatever of the two the image has; each looks into its folder when it is started. */
const FILES = {
  "chrony.service": "/etc/chrony/sources.d/footprint.sources",
  "systemd-timesyncd.service": "/etc/systemd/timesyncd.conf.d/footprint.conf",
} as const;

/** Programs that set the clock, each with the file that it reads here. */
export const TIME_PROGRAMS: Readonly<Record<string, string>> = FILES;

/** Renders where a node has its time from: it signs requests, and compares times that others wrote. */
export function timeFiles(): NodeFiles {
  return {
    [FILES["chrony.service"]]: `# Polled as AWS advises.
server ${SOURCE} prefer iburst minpoll 4 maxpoll 4
`,
    [FILES["systemd-timesyncd.service"]]: `[Time]
NTP=${SOURCE}
`,
  };
}
