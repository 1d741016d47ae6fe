import { INTERNAL } from "../internalHeaders";

/** Renders /etc/varnish/shared.vcl. */
export function sharedVcl(): string {
  return `# Who may have what is stored, and when an answer is "not modified".
#
# A response that its origin did not declare fresh is stored to ask whether it has changed, and for nothing else: a
# request gets it only after the origin said so to that very request. Requests that come at the same time ask side by
# side, each with its own cookies.

# Called first in vcl_hit, by which all goes that is given out of the cache.
sub validate_first {
    if (obj.http.X-Footprint-Validate) {
        set req.http.X-Footprint-Wants = "own";
        if (obj.ttl + (now - req.time) > 0s) {
            # It is younger than this request, which waited for it: to Varnish it is fresh, and would be again.
            set req.hash_always_miss = true;
        } else {
            set req.hash_ignore_busy = true;
        }
        return (restart);
    }
}

# A 304 updates what is stored only when it is about that: its validator is the one that was asked about (RFC 9111,
# section 4.3.4). Else the origin is asked again, for the whole. Called early in vcl_backend_response.
sub check_304 {
    if (beresp.was_304) {
        if (!bereq.http.If-None-Match && !bereq.http.If-Modified-Since) {
            set bereq.http.X-Footprint-Error = "http_response_incomplete";
            return (error(502, "Bad Gateway"));
        }
        if ((bereq.http.If-None-Match
                && regsub(beresp.http.ETag, "^W/", "") != regsub(bereq.http.If-None-Match, "^W/", ""))
            || (!bereq.http.If-None-Match && beresp.http.Last-Modified != bereq.http.If-Modified-Since)) {
            unset bereq.http.If-None-Match;
            unset bereq.http.If-Modified-Since;
            return (retry);
        }
    }
}

# The conditions of a request, in the form in which Varnish compares them with what it delivers (RFC 9110, section 13):
# it knows one entity tag, byte by byte, and dates that are none. If-Match and If-Unmodified-Since are not for caches
# (RFC 9111, section 4.3.2). Called in vcl_deliver.
sub conditions {
    std.collect(req.http.If-None-Match, ", ");
    if (req.http.If-None-Match ~ "^[ \\t]*\\*[ \\t]*$") {
        set req.http.If-None-Match = resp.http.ETag;
    } else if (req.http.If-None-Match ~ {"^[ \\t,]*+${TAG}(?:[ \\t]*+,[ \\t,]*+${TAG})*+[ \\t,]*+$"}
        && resp.http.ETag ~ {"^${TAG}$"}) {
        # Each tag with a blank on both sides, which no tag can contain; compared weakly (section 8.8.3.2).
        if (str.contains(" " + regsuball(req.http.If-None-Match, {"[ \\t,]*+(?:W/)?+("[^"]*+")[ \\t,]*+"}, "\\1 "),
            " " + regsub(resp.http.ETag, "^W/", "") + " ")) {
            set req.http.If-None-Match = resp.http.ETag;
        }
    }
    if (req.http.If-Modified-Since !~ "${HTTP_DATE}") {
        unset req.http.If-Modified-Since;
    }
    if (req.http.If-Range) {
        call if_range;
    }
}

# A part is sent only of what the client has for certain: the same strong tag, or the same date, which is strong when
# the response is a second younger (RFC 9110, sections 13.1.5 and 8.8.2.2).
sub if_range {
    if (req.http.If-Range ~ {"^"[^"]*"$"} && req.http.If-Range == resp.http.ETag) {
        unset req.http.If-Range;
    } else if (req.http.If-Range ~ "${HTTP_DATE}" && req.http.If-Range == resp.http.Last-Modified
        && std.time(resp.http.${INTERNAL.date}, now) - std.time(resp.http.${INTERNAL.lastModified}, now) >= 1s) {
        unset req.http.If-Range;
    } else {
        unset req.http.Range;
    }
}
`;
}

/** An entity tag (RFC 9110, section 8.8.3). */
const TAG = '(?:W/)?+"[\\x21\\x23-\\x7e\\x80-\\xff]*+"';

/** A date as everybody sends it (RFC 9110, section 5.6.7), in its three forms; what is in it is Varnish's affair. */
const HTTP_DATE =
  "^[A-Za-z]{3}, \\d\\d [A-Za-z]{3} \\d{4} [0-9:]{8} GMT$" +
  "|^[A-Za-z]{6,9}, \\d\\d-[A-Za-z]{3}-\\d\\d [0-9:]{8} GMT$" +
  "|^[A-Za-z]{3} [A-Za-z]{3} [ \\d]\\d [0-9:]{8} \\d{4}$";
