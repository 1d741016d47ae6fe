import { LARGE_OBJECT } from "./response";

/** Bytes from the beginning of a large object for which a client waits while it comes in: a second at 1 MB/s. */
const NEAR = 1_048_576;

/** Renders /etc/varnish/ranges.vcl. */
export function rangesVcl(): string {
  return `# Where a part of a response comes from.
#
# Out of what is stored Varnish cuts parts itself. What is asked of an origin is the whole, since only that is stored. Two
# kinds of clients would wait for it in vain, or have it sent for nothing, and get the part from the origin instead:
#   who asks for a part of what is not stored: not allowed, too large
#   who asks for a part far behind the beginning of something large that is coming in just now; it is stored meanwhile

# What is no single range of bytes is passed over (RFC 9110, section 14.2): other units, several ranges, which may have
# the whole, and ends before beginnings. With a method that changes something it has no meaning (the same section).
sub byte_range {
    if (req.method != "GET"
        || req.http.Range !~ "(?i)^bytes=(\\d{1,15}-\\d{0,15}|-\\d{1,15})$"
        || (req.http.Range ~ "\\d-\\d" && std.integer(regsub(req.http.Range, "^.*=(\\d+)-\\d+$", "\\1"), 0)
            > std.integer(regsub(req.http.Range, "^.*-(\\d+)$", "\\1"), 0))) {
        unset req.http.Range;
        unset req.http.If-Range;
    }
}

# In vcl_miss: it was not stored a moment ago. The last no bytes are none; Varnish says so.
sub pass_range {
    if (req.is_hitmiss && req.http.Range && req.http.Range !~ "=-0+$") {
        return (pass);
    }
}

# In vcl_backend_response, of what is passed on: an origin that sends something large as a whole has no parts of it. To cut
# it here would have the client wait for what it does not get.
sub range_answered {
    if (bereq.http.Range) {
        set beresp.http.X-Footprint-No = "partial";
        if (beresp.status == 200 && std.bytes(beresp.http.Content-Length, ${LARGE_OBJECT}) >= ${LARGE_OBJECT}) {
            set beresp.http.X-Footprint-Whole = "1";
        }
    }
}

# First in vcl_deliver, when the header is there and the body is not.
sub seek {
    if (resp.http.X-Footprint-Whole) {
        unset req.http.Range;
    }
    if (req.http.Range && resp.is_streaming && !req.http.X-Footprint-Seek && !req.http.X-Footprint-Only-If-Cached
        && resp.status == 200 && req.http.Range !~ "=-0+$"
        && std.bytes(resp.http.Content-Length, 0B) >= ${LARGE_OBJECT}) {
        if (obj.uncacheable) {
            # The origin's connection is closed.
            set req.http.X-Footprint-Seek = "not stored";
            return (restart);
        }
        if (req.http.Range ~ "=-"
            || std.integer(regsub(req.http.Range, "^.*=(\\d+)-\\d*$", "\\1"), 0) >= ${String(NEAR)}) {
            # The fetch goes on, and is stored.
            set req.http.X-Footprint-Seek = "coming";
            return (restart);
        }
    }
}
`;
}
