import { HOST } from "../watchedNode";

/** One attack over HTTP/1.1, and all that may come of it. */
export interface Case {
  readonly name: string;
  /** The bytes, piece by piece. */
  readonly bytes: (aims: Aims) => readonly (Buffer | string)[];
  /** Status of each answer, in order; none: the connection is closed without one. */
  readonly answers: readonly number[];
  /** How many requests the origin sees; default 0. */
  readonly atOrigin?: number;
}

/** What an attack works with; each case has its own. */
export interface Aims {
  /** What the attack asks for openly, and an honest client afterwards. */
  readonly target: string;
  /** A whole request that the origin must never see: the attack hides it in another. */
  readonly hidden: string;
  /** A whole request that is no secret: for a host that the node does not know, so that its answer is 421. */
  readonly next: string;
}

const CRLF = "\r\n";

/** A request with these lines after its Host, and this body. */
export function post(target: string, lines: readonly string[], body = ""): string {
  return [`POST ${target} HTTP/1.1`, `Host: ${HOST}`, ...lines, "", body].join(CRLF);
}

/** A GET with these lines after its Host. */
export function get(target: string, ...lines: readonly string[]): string {
  return [`GET ${target} HTTP/1.1`, `Host: ${HOST}`, ...lines, "", ""].join(CRLF);
}

/** A GET with nothing but these lines. */
export function bare(line: string, ...lines: readonly string[]): string {
  return [line, ...lines, "", ""].join(CRLF);
}

/** One chunk of the chunked coding. */
export function chunk(data: string, size = data.length.toString(16)): string {
  return `${size}${CRLF}${data}${CRLF}`;
}

/** The chunk that ends a body. */
export const LAST_CHUNK = "0\r\n\r\n";

/** The aims of the case of that name. */
export function aimsOf(id: string): Aims {
  return {
    target: `/case/${id}/`,
    hidden: get(`/hidden/${id}`, "X-Marker: evil"),
    next: bare("GET / HTTP/1.1", "Host: evil.example.org"),
  };
}
