import { accessLogFiles } from "./accessLog";
import { agentUnits } from "./agentUnits";
import { CONFINED } from "./confined";
import { connectionFiles } from "./connections";
import { VARNISH_MEMORY_PERCENT } from "./limits";
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
import { SOCKETS_GROUP } from "./sockets";
import { NVME, NVME_LABEL, NVME_UNIT } from "./startScripts";

/** Where an instance's metadata is, and with it the credentials of its role. */
export const METADATA_ADDRESSES = ["169.254.169.254", "fd00:ec2::254"] as const;

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
    [`/etc/systemd/system/${NVME_UNIT}`]: NVME_MOUNT,
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
UMask=0022

# Root, because kernel settings and disks are root's; of root's rights none. systemd mounts the disk for it.
CapabilityBoundingSet=
PrivateNetwork=yes
${CONFINED}
# Kernel settings, which are in /proc/sys.
ProtectKernelTunables=no
ProcSubset=all
# The instance's own disk: NVMe has the kernel's extended block devices.
PrivateDevices=no
DevicePolicy=closed
DeviceAllow=block-blkext rw

[Install]
WantedBy=multi-user.target
`;

/** What HAProxy and Varnish are confined to: they need no privilege, and nothing of the system but to read it. */
function sandbox({ user, group, unit }: NodeProcess): string {
  return `User=${user}
Group=${group}
# To reach the other's socket, and nothing else of it.
SupplementaryGroups=${SOCKETS_GROUP}
RuntimeDirectory=${unit}
# The way to the socket, whose own mode says who may connect.
RuntimeDirectoryMode=0711
UMask=0027

CapabilityBoundingSet=
${CONFINED}
# To give its socket to that group.
SystemCallFilter=@chown`;
}

function haproxyService(): string {
  return `[Unit]
Description=HAProxy: clients to the cache, the cache to origins
Documentation=file:/usr/share/doc/haproxy/configuration.txt.gz
Wants=network-online.target
# What is sent to the access log without it is lost, and not counted.
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
StandardOutput=journal
StandardError=journal

${sandbox(HAPROXY)}
# Whoever takes it over must not become the node's role.
IPAddressDeny=${METADATA_ADDRESSES.join(" ")}

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
# When memory runs out, its manager starts the cache again; systemd need not stop all of it. Before the machine's does, or
# all that runs here would be read from the disk again and again.
MemoryMax=${String(VARNISH_MEMORY_PERCENT)}%
OOMPolicy=continue
StateDirectory=varnish varnish/work
# Its log has what clients send.
StateDirectoryMode=0750

${sandbox(VARNISH)}
# Clients, origins and the agent come by its sockets alone. Its command line is on a loopback interface of its own.
PrivateNetwork=yes

[Install]
WantedBy=multi-user.target
`;
}

/** Found by the label that the script for the machine gives it, which starts this where there is such a disk. */
const NVME_MOUNT = `[Unit]
Description=The instance's own disk, for large objects

[Mount]
What=/dev/disk/by-label/${NVME_LABEL}
Where=${NVME}
Type=ext4
Options=noatime,nosuid,nodev,noexec
`;

const WORK_MOUNT = `[Unit]
Description=Memory for Varnish's log and for its compiled VCL, which must be executable

[Mount]
What=footprint
Where=${VARNISH_FOLDER}
Type=tmpfs
Options=size=256m,mode=0750,nosuid,nodev
`;
