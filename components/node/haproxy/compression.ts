import { COMPRESSIBLE, INTERNAL } from "../internalHeaders";

/**
 * Codings that clients of today know and that an origin may have something in. Not deflate, which programs read in two
 * ways (RFC 9110, section 8.4.1.2).
 */
const CODINGS = { zstd: "zstd", br: "br", gzip: "(x-)?gzip" } as const;

/** A weight that is not 0 (RFC 9110, section 12.4.2), or none. */
const WEIGHT = "([[:space:]]*;[[:space:]]*q=(1(\\.0*)?|0?\\.[0-9]*[1-9][0-9]*))?";

/**
 * Rules that leave one of eight lists in Accept-Encoding, so that there are as many variants of a response at most. Who
 * wants a part is for the present one who takes no coding: parts of what the edge compresses would not fit together.
 */
export function acceptedCodings(): string {
  const each = Object.entries(CODINGS).map(
    ([coding, name]) =>
      `    http-request set-var-fmt(txn.codings) "%[var(txn.codings)]${coding}, " if { req.hdr(accept-encoding) -m reg -i '^${name}${WEIGHT}$' } !{ req.hdr(range) -m found }`,
  );
  return [
    ...each,
    "    http-request set-header Accept-Encoding identity",
    "    http-request set-header Accept-Encoding %[var(txn.codings),regsub([[:punct:]][[:space:]]$,)] if { var(txn.codings) -m found }",
  ].join("\n");
}

/** In a backend: compresses what Varnish says (varnish/compression.ts), each response as it goes out, and each piece of it. */
export function compressed(): string {
  return `    filter compression
    compression direction response
    compression algo-res gzip
    compression type-res ${COMPRESSIBLE}`;
}

/** Rules that put the true type back; the filter has chosen before any rule. HEAD has no other length than GET. */
export function trueType(): string {
  return `    http-response del-header content-length if METH_HEAD { res.fhdr(${INTERNAL.type}) -m found }
    http-response set-header Content-Type %[res.fhdr(${INTERNAL.type})] if { res.fhdr(${INTERNAL.type}) -m found }`;
}
