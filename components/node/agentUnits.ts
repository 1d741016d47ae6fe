import { dirname } from "node:path";
import { AGENT_FILES, agentCommand, PROBATION_STARTS } from "./agentFiles";
import { CONFINED } from "./confined";
import type { NodeFiles } from "./nodeFiles";
import { HAPROXY, RESOLVER, VARNISH } from "./processes";
import { AGENT_TIMING } from "./timing";

/** Seconds that a shutdown waits for the drain: its own limit, and the time to start and to end it. */
export const DRAIN_STOP_SECONDS = AGENT_TIMING.drainLimit + 30;

/** Renders the agent's unit, what watches over a new agent, and the unit that has the node leave before a shutdown. */
export function agentUnits(): NodeFiles {
  return {
    "/etc/systemd/system/footprint-agent.service": agentService(),
    "/etc/systemd/system/footprint-drain.service": drainService(),
    [AGENT_FILES.probation]: PROBATION_SCRIPT,
  };
}

/** It is no part of the agent, because an agent that cannot live cannot help itself. */
const PROBATION_SCRIPT = `#!/bin/sh
# Before each start of an agent that is on probation: when it has ended too often, the former one takes its place.
set -eu
starts=$(cat ${AGENT_FILES.starts} 2> /dev/null || echo 0)
# A crash of the machine may leave it empty.
case "$starts" in "" | *[!0-9]*) starts=0 ;; esac
if [ "$starts" -lt ${String(PROBATION_STARTS)} ]; then
    echo $((starts + 1)) > ${AGENT_FILES.starts}
    exit 0
fi
echo "the agent has ended $starts times: the former one takes its place" >&2
cp ${AGENT_FILES.program} ${AGENT_FILES.refusedProgram}
mv ${AGENT_FILES.formerProgram} ${AGENT_FILES.program}
rm ${AGENT_FILES.starts}
`;

function agentService(): string {
  return `[Unit]
Description=Footprint: the agent (configuration, purges, health, drain)
Wants=network-online.target
After=network-online.target
# HAProxy and Varnish serve without it, and it without them.
StartLimitIntervalSec=0

[Service]
Type=exec
# Whatever goes wrong in it, the agent is started.
ExecStartPre=-/bin/sh -c "test ! -e ${AGENT_FILES.formerProgram} || exec ${AGENT_FILES.probation}"
ExecStart=${agentCommand(AGENT_FILES.program).join(" ")}
${RESOLVER}# Of what the SDK will ask for next year it would warn at each start.
Environment=AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
# Its threads allocate little: heaps of their own would cost 5 MB.
Environment=MALLOC_ARENA_MAX=1
Restart=always
RestartSec=1s
# It may be killed at any moment: what it must not forget is on the disk.
TimeoutStopSec=5s
# Compilers that check a bundle are its children; when memory runs out, one of them ends, or systemd starts all anew.
MemoryMax=512M
OOMPolicy=continue
OOMScoreAdjust=500
TasksMax=128
LimitNOFILE=65536
# Switches, purge position and secrets outlive the agent, but not a reboot.
RuntimeDirectory=footprint
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
StateDirectory=footprint
StateDirectoryMode=0700

# Root, because it writes units and the programs' files; of root's rights only that it may read and write any file that
# the mounts below leave writable, and connect to the programs' own sockets. Kernel and services are systemd's.
User=root
# It gives files to this group.
SupplementaryGroups=${HAPROXY.group}
UMask=0022
CapabilityBoundingSet=CAP_DAC_OVERRIDE
ReadWritePaths=/etc ${dirname(AGENT_FILES.program)} -/var/lib/varnish
${CONFINED}
# To give a file to a group of its own.
SystemCallFilter=@chown

[Install]
WantedBy=multi-user.target
`;
}

function drainService(): string {
  return `[Unit]
Description=Footprint: leave in order before a shutdown
# What is started last is stopped first: network, agent, HAProxy and Varnish are there until the node is drained.
After=network-online.target footprint-prepare.service ${HAPROXY.unit}.service ${VARNISH.unit}.service footprint-agent.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=${agentCommand(AGENT_FILES.program, "drain").join(" ")}
# Above the limit of the drain itself.
TimeoutStopSec=${String(DRAIN_STOP_SECONDS)}s
RuntimeDirectory=footprint
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes

User=root
UMask=0022
CapabilityBoundingSet=CAP_DAC_OVERRIDE
${CONFINED}

[Install]
WantedBy=multi-user.target
`;
}
