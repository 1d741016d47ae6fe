/** Keys of a region's store. Nodes may read these and nothing else, and write below `nodes/` alone. */
export const STORE_KEYS = {
  /** The only object of the configuration that changes in place: names the bundle and the parameters' versions. */
  pointer: "current.json",
  bootstrap: "bootstrap/",
  /** Debian packages of a node, one archive each set. */
  packages: "packages/",
  bundles: "bundles/",
  agents: "agents/",
  /** The entries of the purge log before the newest, an object each, by number; they expire. */
  purgeLog: "purge/",
  /** The newest entry of the purge log. */
  purgeHead: "purge-head",
  /** While this object exists, the PoP answers its health check with 503. */
  drain: "drain",
  /** One object a node, by its role and instance: what it reports of itself. */
  nodes: "nodes/",
} as const;

/** Key of entry n of the purge log. Twelve digits keep the order of names and of numbers the same. */
export function purgeKey(number: number): string {
  return `${STORE_KEYS.purgeLog}${String(number).padStart(12, "0")}`;
}

/**
 * What AWS calls the user id of an instance's role (aws:userid, "role-id:ec2-instance-id"): keys are made of it so that a
 * policy can allow each instance its own objects and no others.
 *
 * @param role unique id of the role
 */
export function userId(role: string, instance: string): string {
  return `${role}:${instance}`;
}

/** Key of what a node reports of itself. */
export function nodeKey(role: string, instance: string): string {
  return `${STORE_KEYS.nodes}${userId(role, instance)}.json`;
}

/** The instance whose report has this key; undefined when it is no report's. */
export function instanceOf(key: string): string | undefined {
  return /^nodes\/[A-Z0-9]+:(i-[0-9a-z-]+)\.json$/.exec(key)?.[1];
}

/** Key of an archive of packages, in a store and in the bucket from which stores copy it. */
export function packagesKey(sha256: string): string {
  return `${STORE_KEYS.packages}${sha256}.tar`;
}
