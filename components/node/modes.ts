/** What is below it are programs. */
const PROGRAMS = "/usr/local/lib/footprint/";

/** The mode of one of a node's files. */
export function modeOf(path: string): number {
  return path.startsWith(PROGRAMS) ? 0o755 : 0o644;
}
