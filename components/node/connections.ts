import { CONFINED } from "./confined";
import type { NodeFiles } from "./files";
import { LIMITS_SCRIPT } from "./limits";
import { PRODUCTION, type NodeOptions } from "./options";
import { HAPROXY } from "./processes";

/** Ends idle connections while a node fills. */
export const RECLAIM = "/usr/local/lib/footprint/reclaim-connections";

/**
 * How long a connection may be idle: seconds, by how full its port is, in percent. Below the first, HAProxy's own time
 * of 340 s. At 75 s no request that is still being answered can be meant, since HAProxy gives up on the cache by then;
 * below, a request may lose its connection that neither sends nor gets a byte for so long.
 */
export const IDLE_SECONDS: readonly { readonly from: number; readonly idle: number }[] = [
  { from: 90, idle: 2 },
  { from: 75, idle: 15 },
  { from: 50, idle: 75 },
];

/** Renders what keeps room for new connections, the oldest idle ones first. HAProxy itself has one time for all. */
export function connectionFiles(options: NodeOptions): NodeFiles {
  return { [RECLAIM]: script(options), "/etc/systemd/system/footprint-connections.service": SERVICE };
}

function script({ listen }: NodeOptions): string {
  const { ports } = listen ?? PRODUCTION;
  const times = IDLE_SECONDS.map(({ from, idle }) => `        used > bound * ${String(from)} / 100 ? ${String(idle * 1000)} :`);
  return `#!/bin/sh
# Ends idle connections of clients while a node fills, those first that have been idle for longest: also those that are
# open and have said nothing yet, of which HAProxy does not know whose they are. The kernel knows for each socket when
# it last sent and took a byte.
set -eu
. ${LIMITS_SCRIPT}

# Prints peers, the oldest idle first: as many as are above half of the bound, and idle for longer than the fill allows.
idle() {
    ss -Hntio state connected "( sport = :$1 )" | awk -v bound="$2" '
    /^[^ \\t]/ { peer = $NF == "" ? $(NF - 1) : $5; next }
    {
        sent = taken = 0
        for (i = 1; i <= NF; i++) {
            if ($i ~ /^lastsnd:/) sent = substr($i, 9)
            if ($i ~ /^lastrcv:/) taken = substr($i, 9)
        }
        used++
        print (sent + 0 < taken + 0 ? sent : taken), peer
    }
    END { print "used", used + 0 }'
}
`.concat(times.join("\n"));
}
