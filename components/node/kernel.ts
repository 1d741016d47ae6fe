import { LINES_WAITING } from "./accessLog";
import type { NodeFiles } from "./nodeFiles";
import { PREPARE_NODE, VARNISH } from "./processes";
import { NVME, NVME_LABEL, NVME_UNIT } from "./startScripts";

/** Renders kernel settings, and the script for those that depend on the machine. */
export function kernelFiles(): NodeFiles {
  return { "/etc/sysctl.d/60-footprint.conf": SYSCTL, [PREPARE_NODE]: PREPARE_SCRIPT };
}

const SYSCTL = `# Kernel settings of a cache node; what depends on the machine is in ${PREPARE_NODE}.

# Connections that came while HAProxy or Varnish was busy wait here instead of being refused.
net.core.somaxconn = 16384
net.ipv4.tcp_max_syn_backlog = 16384
# Packets that came faster than a processor took them (two processors share a burst of the load balancer's).
net.core.netdev_max_backlog = 16384

# Ports towards origins: one is taken for each connection to the same address, also for a while after its end.
net.ipv4.ip_local_port_range = 10240 65535
net.ipv4.tcp_tw_reuse = 1

# Windows for a far origin: 1 Gbit/s over 100 ms is 12 MB under way.
net.ipv4.tcp_rmem = 4096 131072 16777216
net.ipv4.tcp_wmem = 4096 65536 16777216
# A kept connection that was idle goes on at the speed it had.
net.ipv4.tcp_slow_start_after_idle = 0
# A path that drops large packets and says nothing is found out.
net.ipv4.tcp_mtu_probing = 1

# Lines of the access log that wait for their writer, and room for them in a socket that asks for it.
net.unix.max_dgram_qlen = ${String(LINES_WAITING)}
net.core.wmem_max = 4194304

# Varnish's allocator has many areas of memory; the default ends it at some millions of objects.
vm.max_map_count = 1048576
# There is no swap to speak of: a cache on a disk that pages is worse than none.
vm.swappiness = 1
# A kernel that has failed starts again, and the node with it, instead of staying up and dead.
kernel.panic = 10
kernel.panic_on_oops = 1
`;

const PREPARE_SCRIPT = `#!/bin/sh
# What depends on the machine: run once at boot, before HAProxy and Varnish.
set -eu

# Memory that the kernel keeps free, so that packets that come in a burst find room: a hundredth, 64 to 512 MB.
free=$(($(getconf _PHYS_PAGES) / 100 * ($(getconf PAGE_SIZE) / 1024)))
[ "$free" -ge 65536 ] || free=65536
[ "$free" -le 524288 ] || free=524288
sysctl -q -w vm.min_free_kbytes="$free"

# The instance's own NVMe disk, where it has one, for large objects: the first, empty at each start of the machine. A
# disk of the network (EBS) has another model.
disk=$(lsblk --nodeps --noheadings --paths --output NAME,MODEL | awk '/Instance Storage/ { print $1; exit }')
if [ -n "$disk" ] && ! mountpoint -q ${NVME}; then
    # No journal: what is on it is worth nothing after a crash. It is Varnish's.
    mkfs.ext4 -q -F -O ^has_journal -L ${NVME_LABEL} -E root_owner="$(id -u ${VARNISH.user}):$(id -g ${VARNISH.user})" "$disk"
    systemctl start ${NVME_UNIT}
fi
`;
