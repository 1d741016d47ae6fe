/** Keys of a region's log bucket below which nodes write, each node below its own name alone. */
export const LOG_KEYS = {
  /** The access log, by day and hour of the requests, in the form in which Athena, DuckDB and Hive know partitions. */
  access: "access/",
  /** What a node's programs said last, by day. */
  lastWords: "last-words/",
} as const;

/** A piece of a node's access log: the lines of one hour in one file of the node, from an offset on. */
export interface Piece {
  /** Hour of the requests in UTC, as `2026-11-28T07`. */
  readonly hour: string;
  /** The `userId` of its instance (storeKeys.ts): nodePolicy.ts goes by it. */
  readonly node: string;
  /** Name of the file on the node, which it has from when it was begun. */
  readonly file: string;
  /** Bytes of the file before this piece. */
  readonly offset: number;
}

/** Folder of what was asked in an hour. */
export function accessFolder(hour: string): string {
  return `${LOG_KEYS.access}day=${hour.slice(0, 10)}/hour=${hour.slice(11, 13)}/`;
}

/** Made of where a piece begins alone: one that is sent again after a crash takes the place of the former one. */
export function accessKey({ hour, node, file, offset }: Piece): string {
  return `${accessFolder(hour)}${node}/${file}-${String(offset).padStart(9, "0")}.json.gz`;
}

/** Key of what a node's programs said before it left, at a time in ISO 8601. */
export function lastWordsKey(node: string, at: string): string {
  return `${LOG_KEYS.lastWords}day=${at.slice(0, 10)}/${node}/${at.replaceAll(/[-:]|\.\d+/g, "")}.log.gz`;
}
