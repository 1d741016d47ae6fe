import { AGENT_FILES } from "./agentFiles";
import { CONFINED } from "./confined";
import { LIMITS_SCRIPT } from "./limits";
import type { NodeFiles } from "./nodeFiles";
import { PRODUCTION, type NodeOptions } from "./options";
import { HAPROXY } from "./processes";

/** Ends idle connections of clients while a node fills. */
export const RECLAIM = "/usr/local/lib/footprint/reclaim-connections";

/**
 * How long a connection may be idle: seconds, by how full its port is, in percent. Below the first, HAProxy's own time
 * of 340 s. At 75 s no request that is still being answered can be meant, since HAProxy gives up on the cache by then;
 * further up a request may lose its connection on which neither side has sent a byte for so long.
 */
export const IDLE_SECONDS: readonly { readonly above: number; readonly idle: number }[] = [
  { above: 90, idle: 2 },
  { above: 75, idle: 15 },
  { above: 50, idle: 75 },
];

/** Renders what keeps room for new connections: of the idle ones the oldest go first. */
export function connectionFiles(options: NodeOptions): NodeFiles {
  return { [RECLAIM]: script(options), "/etc/systemd/system/footprint-connections.service": SERVICE };
}

function script({ listen }: NodeOptions): string {
  const { ports } = listen ?? PRODUCTION;
  const [least] = IDLE_SECONDS.slice(-1);
  const times = IDLE_SECONDS.map(
    ({ above, idle }) => `used * 100 > bound * ${String(above)} ? ${String(idle * 1000)} : `,
  );
  return `#!/bin/sh
# Ends idle connections of clients while a node fills, the oldest first: also those that are open and have said nothing,
# of which HAProxy cannot know whose they are. HAProxy has one idle time, whatever its load; the kernel knows of each
# connection when it last sent and when it last took a byte.
set -euf
. ${LIMITS_SCRIPT}

# idle PORT BOUND: prints a filter that matches, of the connections that were idle for longer than their number allows,
# the oldest, until the others are ${String(least?.above)} % of the bound; at most 100 at a time.
idle() {
    ss -HOnti "( sport = :$1 )" | awk '{
        sent = taken = 0
        for (i = 6; i <= NF; i++) {
            if ($i ~ /^lastsnd:/) sent = substr($i, 9) + 0
            if ($i ~ /^lastrcv:/) taken = substr($i, 9) + 0
        }
        print (sent < taken ? sent : taken), $5
    }' | sort -rn | awk -v bound="$2" '{ idle[NR] = $1; peer[NR] = $2 } END {
        used = NR
        may = ${times.join("")}1e12
        for (i = 1; i <= 100 && idle[i] > may && (used - i + 1) * 100 > bound * ${String(least?.above)}; i++)
            printf "%s dst %s", i == 1 ? "" : " or", peer[i]
    }'
}

# count FILE...: sets sockets to what the kernel says that there are, of either family.
count() {
    sockets=0
    for file in "$@"; do
        # A kernel without IPv6 has but one.
        [ -e "$file" ] || continue
        while read -r protocol _ inuse _; do
            case $protocol in TCP: | TCP6:) sockets=$((sockets + inuse)) ;; esac
        done < "$file"
    done
}

# reclaim PORT BOUND
reclaim() {
    # No port has more than all have. To look at each takes 2 % of a processor if it is done all the time.
    [ $((sockets * 100)) -gt $(($2 * ${String(least?.above)})) ] || return 0
    while found=$(idle "$1" "$2") && [ -n "$found" ]; do
        ss -HKnt "( sport = :$1 ) and ( $found )" > /dev/null
    done
}

# slow PORT: ends the connections that the agent has named, each once.
former=
slow() {
    if ! [ -s ${AGENT_FILES.slowClients} ]; then
        former=
        return 0
    fi
    found=$(cat ${AGENT_FILES.slowClients} 2> /dev/null) || return 0
    [ "$found" != "$former" ] || return 0
    former=$found
    for peer in $found; do
        ss -HKnt "( sport = :$1 ) and dst $peer" > /dev/null
    done
}

while :; do
    slow ${String(ports.traffic)}
    count /proc/self/net/sockstat /proc/self/net/sockstat6
    reclaim ${String(ports.traffic)} "$CONNECTIONS"
    reclaim ${String(ports.redirect)} "$REDIRECT_CONNECTIONS"
    sleep 1
done
`;
}

const SERVICE = `[Unit]
Description=Footprint: end idle connections while the node fills
# HAProxy serves without it, with its own time for idle connections.
After=${HAPROXY.unit}.service
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${RECLAIM}
Restart=always
RestartSec=1s
# Its bounds are HAProxy's.
LimitNOFILE=1048576

User=root
UMask=0077
# To see and to end connections of others, and nothing else.
AmbientCapabilities=
CapabilityBoundingSet=CAP_NET_ADMIN
IPAddressDeny=any
${CONFINED}
RestrictAddressFamilies=AF_NETLINK
# To close a connection of another program.
SystemCallFilter=@network-io

[Install]
WantedBy=multi-user.target
`;
