/** Text by absolute path. A path below /usr/local/lib/footprint/ is executable. */
export type NodeFiles = Readonly<Record<string, string>>;
