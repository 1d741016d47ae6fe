import { FIELDS_WITHIN, LIMITS_SCRIPT, limitsScript } from "./limits";
import type { NodeFiles } from "./nodeFiles";
import {
  HAPROXY_BINARY,
  HAPROXY_FILE,
  HAPROXY_FOLDER,
  START_HAPROXY,
  START_VARNISH,
  VARNISH_BINARY,
  VARNISH_FOLDER,
  VCL_COMPILER,
} from "./processes";
import { SOCKETS, SOCKETS_GROUP } from "./sockets";
import { CLIENT_PACE } from "./timing";

/** Where a node's NVMe disk is mounted, if it has one. */
export const NVME = "/var/lib/varnish/nvme";
/** The unit that mounts it, and the file system's label. */
export const NVME_UNIT = "var-lib-varnish-nvme.mount";
export const NVME_LABEL = "footprint-nvme";

/** The scripts that start HAProxy and Varnish with sizes of the machine that they are on. */
export function startScripts(cluster: boolean): NodeFiles {
  return {
    [LIMITS_SCRIPT]: limitsScript(cluster),
    [START_HAPROXY]: HAPROXY_SCRIPT,
    [START_VARNISH]: varnishScript(cluster),
  };
}

const HAPROXY_SCRIPT = `#!/bin/sh
# Starts HAProxy with as many connections as the machine has memory and open files for.
set -eu
. ${LIMITS_SCRIPT}
exec ${HAPROXY_BINARY} -C ${HAPROXY_FOLDER} -Ws -S ${SOCKETS.master},mode,600 -f ${HAPROXY_FILE} "$@"
`;

const COPIES = `# Copies of what other nodes own have a storage of their own, so that they push out nothing that this node owns.
copies=$COPIES_MEMORY
cache=$((cache - copies))`;

const NO_COPIES = `# Of what other nodes own: there is nothing, until the node becomes one of a PoP that is one cache, without a restart.
copies=16`;

function varnishScript(cluster: boolean): string {
  const ring = cluster ? "RING_" : "";
  return `#!/bin/sh
# Starts Varnish with as much cache as the machine has room for.
set -eu
. ${LIMITS_SCRIPT}
cache=$${ring}CACHE_MEMORY
${cluster ? COPIES : NO_COPIES}

# Large objects have a storage of their own, so that one download does not push out a thousand pages: the NVMe disk
# where there is one (an unordered file, hence room is left on it), else a quarter of the memory. Never a network disk. A
# disk has room for pictures, too; what is smaller than a read of it is worth stays in memory.
if mountpoint -q ${NVME} 2> /dev/null; then
    # What a former run left there cannot be read any more, and would count as taken.
    rm -f ${NVME}/large
    size=$(df --output=avail -m ${NVME} | awk 'NR == 2 { print int($1 * 85 / 100) }')
    large="file,${NVME}/large,\${size}m"
    apart=64K
else
    size=$((cache / 4))
    large="malloc,\${size}m"
    apart=1M
    cache=$((cache - size))
fi
# What is larger than a tenth of it is not stored.
export LARGEST_OBJECT="$((size * 1024 / 10))K"
# What is in it.
export LARGE_STORED="$apart"

# Its allocator: huge pages would keep what is let go (varnish-cache issues 3511 and 3965), and each thread keeps pieces of
# some sizes for itself, of which there are a thousand threads.
export MALLOC_CONF=thp:never,tcache_max:4096

# shortlived: what is stored at all is stored where room is made for it. timeout_idle: of HAProxy's connections alone.
# idle_send_timeout: longer than a client may take nothing, or a slow download would end after send_timeout.
# thread_queue_limit: what came faster than threads are made waits for one and is not dropped.
# http_gzip_support: codings are the origin's and HAProxy's, and Vary means what it says of them.
# workspace: 20 KB of tags are 100 KB of keys. What is not used of it is not in memory.
# cc_command: without the compiler's optimiser, which costs the node's clients more than it gives them.
# clock_step: a session that ends before it began ends the cache, with all that is stored, unless it is by less than this.
# nuke_limit: what may be stored finds room however small what is there may be; else its body would end in the middle.
# rush_exponent: when a response cannot be stored, all who waited for it go on at once and not three at a time.
exec ${VARNISH_BINARY} -F -n ${VARNISH_FOLDER} -T 127.0.0.1:0 -f /etc/varnish/default.vcl \\
    -a http=${SOCKETS.cache},HTTP,mode=660,group=${SOCKETS_GROUP} \\
    -a purge=${SOCKETS.cachePurge},HTTP,mode=660,group=${SOCKETS_GROUP} \\
    -s memory=malloc,"\${cache}m" -s large="$large" -s copies=malloc,"\${copies}m" -s Transient=malloc,"\${TRANSIENT_MEMORY}m" \\
    -p thread_pool_min=200 -p thread_pool_max="$${ring}THREADS" -p thread_queue_limit="$IN_FLIGHT" \\
    -p http_max_hdr=${String(FIELDS_WITHIN)} -p http_req_hdr_len=16k -p http_resp_hdr_len=32k -p http_resp_size=48k \\
    -p workspace_client=512k -p workspace_backend=512k \\
    -p timeout_idle=60 -p idle_send_timeout=${String(CLIENT_PACE.patience + 30)} -p clock_step=1000000000 -p rush_exponent=1000 -p cc_command="${VCL_COMPILER}" \\
    -p transit_buffer="\${${ring}TRANSIT}k" -p shortlived=0 -p nuke_limit="$DISPLACED" \\
    -p http_range_support=on -p http_gzip_support=off -p max_restarts=4 -p feature=+http_date_postel "$@"
`;
}
