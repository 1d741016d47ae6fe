/** One request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  /** In their order, names in lower case. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  /** Fields behind the body, apart from the others (RFC 9110, section 6.5). */
  readonly trailers: readonly string[];
}

export type Parsed =
  /** The request is not whole yet. */
  | { readonly kind: "more" }
  | { readonly kind: "request"; readonly request: WireRequest; readonly rest: string }
  /** What two servers could read in two ways. */
  | { readonly kind: "violation"; readonly reason: string };

const REQUEST_LINE = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * Reads the first request from bytes (latin1) by a grammar that leaves nothing to interpretation: what passes here is
 * one request for the most lenient server, and for the strictest. RFC 9112 allows more.
 */
export function strictRequest(text: string): Parsed {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) {
    const bare = /\r(?=[^\n])|(^|[^\r])\n/.test(text);
    return bare ? { kind: "violation", reason: "a bare CR or LF in a header" } : { kind: "more" };
  }
  const [line = "", ...lines] = text.slice(0, end).split("\r\n");
  const [, method, target] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || target === undefined) {
    return { kind: "violation", reason: `request line ${JSON.stringify(line)}` };
  }
  const fields: (readonly [string, string])[] = [];
  for (const each of lines) {
    const [, name, value] = FIELD.exec(each) ?? [];
    if (name === undefined || value === undefined) {
      return { kind: "violation", reason: `field ${JSON.stringify(each)}` };
    }
    fields.push([name.toLowerCase(), value]);
  }
  const values = (name: string): readonly string[] =>
    fields.filter(([each]) => each === name).map(([, value]) => value);
  if (values("host").length !== 1) {
    return { kind: "violation", reason: `${values("host").length} Host fields` };
  }
  const framed = body(text.slice(end + 4), values("content-length"), values("transfer-encoding"));
  return framed.kind === "body"
    ? {
        kind: "request",
        request: { method, target, fields, body: framed.body, trailers: framed.trailers },
        rest: framed.rest,
      }
    : framed;
}

type Body =
  | Exclude<Parsed, { kind: "request" }>
  | { readonly kind: "body"; readonly body: string; readonly trailers: readonly string[]; readonly rest: string };

function body(text: string, lengths: readonly string[], codings: readonly string[]): Body {
  if (lengths.length + codings.length > 1) {
    return { kind: "violation", reason: `framing by ${[...lengths, ...codings].join(" and ")}` };
  }
  const [coding] = codings;
  if (coding !== undefined) {
    return coding === "chunked" ? chunks(text) : { kind: "violation", reason: `Transfer-Encoding: ${coding}` };
  }
  const [length = "0"] = lengths;
  if (!/^\d{1,15}$/.test(length)) {
    return { kind: "violation", reason: `Content-Length: ${length}` };
  }
  const size = Number(length);
  return text.length < size
    ? { kind: "more" }
    : { kind: "body", body: text.slice(0, size), trailers: [], rest: text.slice(size) };
}

function chunks(text: string): Body {
  let whole = "";
  let rest = text;
  for (;;) {
    const end = rest.indexOf("\r\n");
    if (end < 0) {
      return /^[0-9A-Fa-f]{0,8}\r?$/.test(rest) ? { kind: "more" } : { kind: "violation", reason: `chunk ${rest}` };
    }
    const line = rest.slice(0, end);
    if (!/^[0-9A-Fa-f]{1,8}$/.test(line)) {
      return { kind: "violation", reason: `chunk size ${JSON.stringify(line)}` };
    }
    const size = parseInt(line, 16);
    if (size === 0) {
      return trailers(whole, rest.slice(end + 2));
    }
    const stop = end + 2 + size;
    if (rest.length < stop + 2) {
      return { kind: "more" };
    }
    if (rest.slice(stop, stop + 2) !== "\r\n") {
      return { kind: "violation", reason: "a chunk that is longer than its size" };
    }
    whole += rest.slice(end + 2, stop);
    rest = rest.slice(stop + 2);
  }
}

/** What has no meaning behind a body, or another one (RFC 9110, section 6.5.1). */
const NO_TRAILER = /^(host|content-.*|transfer-encoding|connection|trailer|te|authorization|x-footprint-.*)$/i;

/** What stands behind the last chunk. */
function trailers(whole: string, text: string): Body {
  const end = text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n") + 2;
  if (end === 1) {
    return /\r(?=[^\n])|(^|[^\r])\n/.test(text)
      ? { kind: "violation", reason: "a bare CR or LF in a trailer" }
      : { kind: "more" };
  }
  const lines = text.slice(0, end).split("\r\n").slice(0, -1);
  const wrong = lines.find((line) => NO_TRAILER.test(FIELD.exec(line)?.[1] ?? "host"));
  return wrong === undefined
    ? { kind: "body", body: whole, trailers: lines, rest: text.slice(end + 2) }
    : { kind: "violation", reason: `trailer ${JSON.stringify(wrong)}` };
}
