/**
 * What Debian calls the programs of a node, and where it puts them: all of it, so that another release is another such
 * table. README.md, "The next Debian", says what differs in Debian 14.
 */
export const DEBIAN = {
  release: 13,
  codename: "trixie",
  /** What nodes install. The compiler that VCL needs comes with varnish. */
  packages: ["ca-certificates", "haproxy", "nodejs", "varnish", "varnish-modules"],
  haproxy: {
    package: "haproxy",
    binary: "/usr/sbin/haproxy",
    unit: "haproxy",
    user: "haproxy",
    group: "haproxy",
    process: "haproxy",
  },
  varnish: {
    package: "varnish",
    binary: "/usr/sbin/varnishd",
    admin: "varnishadm",
    statistics: "varnishstat",
    /** Loads a VCL into the running program. */
    reload: "/usr/share/varnish/varnishreload",
    /** In which it keeps its shared memory and what it has compiled, one folder for each instance. */
    folder: "/var/lib/varnish",
    unit: "varnish",
    user: "vcache",
    group: "varnish",
    /** As the kernel knows the process. */
    process: "varnishd",
  },
} as const;
