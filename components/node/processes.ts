import { DEBIAN } from "./debian";
import { SOCKETS } from "./sockets";

/** How a node runs one of its two programs. What Debian calls them stands in debian.ts. */
export interface NodeProcess {
  /** Of the systemd unit, and of the folder below /run. */
  readonly unit: string;
  /** Debian's. */
  readonly package: string;
  /** Whom it runs as from the start; it never needs root. */
  readonly user: string;
  readonly group: string;
  /** Folders that it owns and writes to; beside them, only memory. */
  readonly folders: readonly string[];
  /** Starts it in the foreground. */
  readonly start: readonly string[];
  /** Ends with status 0 when the files below the folder STAGED would be taken. */
  readonly check: readonly string[];
}

/** Stands for the folder below which files are put to be checked. */
export const STAGED = "{staged}";

export const HAPROXY_BINARY = DEBIAN.haproxy.binary;
/** Where its files are; they name each other by names in this folder. */
export const HAPROXY_FOLDER = "/etc/haproxy";
export const HAPROXY_FILE = `${HAPROXY_FOLDER}/haproxy.cfg`;
export const START_HAPROXY = "/usr/local/lib/footprint/start-haproxy";

export const VARNISH_BINARY = DEBIAN.varnish.binary;
export const START_VARNISH = "/usr/local/lib/footprint/start-varnish";
/** Varnish's shared memory, and the VCL that it has compiled: on a disk it would be written to without end. */
export const VARNISH_FOLDER = `${DEBIAN.varnish.folder}/work`;

/** Run once at boot, as root: kernel settings and disks. */
export const PREPARE_NODE = "/usr/local/lib/footprint/prepare-node";

/** Where the access log goes: files, and a link to the one that is being written. */
export const ACCESS_LOG_FOLDER = "/var/log/haproxy";
export const ACCESS_LOG = `${ACCESS_LOG_FOLDER}/access.json`;

/**
 * Lines of a unit whose programs look up names. With the library's own patience a resolver that is away costs 20 s a
 * name, one after the other; a name that is not known at once HAProxy finds later, by itself.
 */
export const RESOLVER = `# A resolver that does not answer must not hold up a start.
Environment="RES_OPTIONS=timeout:1 attempts:1"
`;

/** Takes `reload` and answers how that went. */
export const HAPROXY_MASTER_SOCKET = SOCKETS.master;

export const HAPROXY: NodeProcess = {
  unit: DEBIAN.haproxy.unit,
  package: DEBIAN.haproxy.package,
  user: DEBIAN.haproxy.user,
  group: DEBIAN.haproxy.group,
  folders: ["/run/haproxy"],
  start: [START_HAPROXY],
  check: [HAPROXY_BINARY, "-C", `${STAGED}${HAPROXY_FOLDER}`, "-c", "-f", `${STAGED}${HAPROXY_FILE}`],
};

/** Varnish's storages, as the VCL names them: start-varnish says how large each is. */
const STORAGES = ["memory", "large", "copies"] as const;

/**
 * How Varnish compiles a VCL, of which %D is its own way: VCL calls Varnish's functions and computes nothing, so a hit costs the
 * same without the compiler's optimiser, and each compilation a quarter: 0.3 s of a processor, not 1.3.
 */
export const VCL_COMPILER = "%D -O0 -g0";

export const VARNISH: NodeProcess = {
  unit: DEBIAN.varnish.unit,
  package: DEBIAN.varnish.package,
  user: DEBIAN.varnish.user,
  group: DEBIAN.varnish.group,
  folders: ["/run/varnish", VARNISH_FOLDER],
  start: [START_VARNISH],
  // Without a jail, because the agent may not become another user. The VCL names storages.
  check: [
    ...[VARNISH_BINARY, "-C", "-j", "none", "-f", `${STAGED}/etc/varnish/default.vcl`],
    ...["-p", `cc_command=${VCL_COMPILER}`],
    ...STORAGES.flatMap((storage) => ["-s", `${storage}=malloc,1m`]),
  ],
};

/**
 * Loads and uses the VCL as it is in the files now; what it refuses changes nothing. Two former ones are kept, for what
 * is still being worked on with them and for a way back. To compile it takes a second, on a busy node several: by
 * default varnishadm would give up after five.
 */
export const VARNISH_RELOAD: readonly string[] = [
  DEBIAN.varnish.reload,
  ...["-m", "2", "-t", "60", "-n", VARNISH_FOLDER],
];
