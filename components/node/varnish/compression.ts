import { COMPRESSIBLE, INTERNAL } from "../internalHeaders";

/**
 * Shortest body that is compressed, bytes, where its length is known. With its header a shorter one is one packet in
 * either form; gzip alone adds 18 bytes (RFC 1952, section 2.3).
 */
const LEAST = 1000;

/** Renders /etc/varnish/compression.vcl. */
export function compressionVcl(): string {
  return `# What HAProxy is to compress on the way to the client. It has no choice of its own: it compresses what has the
# type that is set here, and then puts the true type back (haproxy/compression.ts).
#
# Stored is what the origin sent. HAProxy has made Accept-Encoding one of eight lists, so that what an origin itself has
# in several codings is stored once for each of them.

# In vcl_deliver, before conditions are judged: they are about what the client gets.
sub compression {
    if (req.http.X-Footprint-Site ~ ";compression=yes;") {
        call compress_text;
        if (resp.status == 304 && resp.http.ETag ~ {"^""} && str.contains(req.http.If-None-Match, "W/" + resp.http.ETag)) {
            # The origin's word about what the client has compressed.
            set resp.http.ETag = "W/" + resp.http.ETag;
        }
    }
}

sub compress_text {
    if (resp.status >= 200 && resp.status <= 203
        && !resp.http.Content-Encoding
        && resp.http.${INTERNAL.cacheControl} !~ ",no-transform,"
        # They are about the very bytes (RFC 9530; RFC 1864).
        && !resp.http.Content-Digest && !resp.http.Repr-Digest && !resp.http.Digest && !resp.http.Content-MD5
        && std.integer(resp.http.Content-Length, ${String(LEAST)}) >= ${String(LEAST)}
        && resp.http.Content-Type ~ "(?i)^(text/|application/([a-z0-9.+-]+\\+)?(json|xml|javascript|wasm)|application/(manifest|rss|atom)|image/(svg|x-icon|bmp)|font/(ttf|otf))"
        # Compressed bytes are not those that a strong tag names (RFC 9110, section 8.8.3.3), and a weak one is worth
        # nothing in If-Match: where clients change things it stays as it is.
        && (resp.http.ETag !~ {"^""} || req.http.X-Footprint-Site !~ "^[^;]*(PUT|PATCH|DELETE)")) {
        std.collect(resp.http.Vary, ", ");
        if (!resp.http.Vary) {
            set resp.http.Vary = "Accept-Encoding";
        } else if (resp.http.Vary !~ "(?i)(^|,)[ \\t]*(accept-encoding|\\*)[ \\t]*(,|$)") {
            set resp.http.Vary = resp.http.Vary + ", Accept-Encoding";
        }
        if (req.http.Accept-Encoding ~ "gzip" && !req.http.Range) {
            if (resp.http.ETag) {
                set resp.http.ETag = regsub(resp.http.ETag, {"^""}, {"W/""});
            }
            set resp.http.${INTERNAL.type} = resp.http.Content-Type;
            set resp.http.Content-Type = "${COMPRESSIBLE}";
        }
    }
}
`;
}
