import { ACCESS_LOG_PIPE, accessLogFiles } from "./accessLog";
import { agentUnits } from "./agentUnits";
import { CONFINED } from "./confined";
import { connectionFiles } from "./connections";
import type { NodeFiles } from "./nodeFiles";
import type { NodeOptions } from "./options";
import {
  HAPROXY,
  HAPROXY_BINARY,
  HAPROXY_FILE,
  HAPROXY_FOLDER,
  PREPARE_NODE,
  RESOLVER,
  START_HAPROXY,
  START_VARNISH,
  VARNISH,
  VARNISH_FOLDER,
  VARNISH_RELOAD,
  type NodeProcess,
} from "./processes";

/** Units of a node, in the order in which they start. Whole ones, so that `systemctl cat` shows one file. */
export const UNITS = [
  "footprint-prepare.service",
  "access-log.socket",
  "haproxy.service",
  "footprint-connections.service",
  "varnish.service",
  "footprint-agent.service",
  "footprint-drain.service",
] as const;

/** Renders the units below /etc/systemd/system, and what they read. */
export function systemdFiles(options: NodeOptions): NodeFiles {
  return {
    "/etc/systemd/system/footprint-prepare.service": PREPARE,
    "/etc/systemd/system/haproxy.service": haproxyService(),
    "/etc/systemd/system/varnish.service": varnishService(),
    "/etc/systemd/system/var-lib-varnish-work.mount": WORK_MOUNT,
    ...agentUnits(),
    ...connectionFiles(options),
    ...accessLogFiles(),
  };
}

const PREPARE = `[Unit]
Description=Footprint: kernel settings and disks that depend on the machine
Before=${HAPROXY.unit}.service ${VARNISH.unit}.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${PREPARE_NODE}

[Install]
WantedBy=multi-user.target
`;

/** What HAProxy and Varnish are confined to: they need no privilege, and nothing of the system but to read it. */
function sandbox({ user, group, supplementaryGroup, unit }: NodeProcess): string {
  return `User=${user}
Group=${group}
# To reach the other's sockets.
SupplementaryGroups=${supplementaryGroup}
RuntimeDirectory=${unit}
RuntimeDirectoryMode=0750
UMask=0027

CapabilityBoundingSet=
${CONFINED}`;
}

function haproxyService(): string {
  return `[Unit]
Description=HAProxy: clients to the cache, the cache to origins
Documentation=file:/usr/share/doc/haproxy/configuration.txt.gz
Wants=network-online.target
# Without its socket, what is written to the access log would become a file in memory.
Requires=access-log.socket
After=network-online.target access-log.socket
# Whatever it fails of, it is tried again: a node without it is useless.
StartLimitIntervalSec=0

[Service]
Type=notify
${RESOLVER}# It looks up each origin at its start, one after the other.
TimeoutStartSec=10min
ExecStartPre=${HAPROXY_BINARY} -C ${HAPROXY_FOLDER} -c -q -f ${HAPROXY_FILE}
ExecStart=${START_HAPROXY}
ExecReload=${HAPROXY_BINARY} -C ${HAPROXY_FOLDER} -c -q -f ${HAPROXY_FILE}
ExecReload=/bin/kill -USR2 $MAINPID
Restart=always
RestartSec=1s
KillMode=mixed
SuccessExitStatus=143
# A file to the client and one to the cache for each connection; start-haproxy makes connections of it.
LimitNOFILE=1048576
StandardOutput=file:${ACCESS_LOG_PIPE}
StandardError=journal

${sandbox(HAPROXY)}

[Install]
WantedBy=multi-user.target
`;
}

function varnishService(): string {
  return `[Unit]
Description=Varnish: the cache
Documentation=https://www.varnish-cache.org/docs/
# It asks for origins at a socket of HAProxy's.
After=${HAPROXY.unit}.service footprint-prepare.service
RequiresMountsFor=${VARNISH_FOLDER}
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${START_VARNISH}
ExecReload=${VARNISH_RELOAD.join(" ")}
Restart=always
RestartSec=1s
KillMode=mixed
# A thread for each request that is worked on.
TasksMax=infinity
LimitNOFILE=131072
# The shared memory of its log (80 MB) is locked, or each request might wait for a disk.
LimitMEMLOCK=100M
# When memory runs out, its manager starts the cache again; systemd need not stop all of it.
OOMPolicy=continue
StateDirectory=varnish varnish/work
StateDirectoryMode=0755

${sandbox(VARNISH)}
# It calls chown on its sockets, if only to leave their owner as it is.
SystemCallFilter=@chown

[Install]
WantedBy=multi-user.target
`;
}

const WORK_MOUNT = `[Unit]
Description=Memory for Varnish's log and for its compiled VCL, which must be executable

[Mount]
What=footprint
Where=${VARNISH_FOLDER}
Type=tmpfs
Options=size=256m,mode=0755,nosuid,nodev
`;
