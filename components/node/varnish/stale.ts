import { INTERNAL } from "../internalHeaders";
import type { OtherNodes } from "./otherNodes";

/** Renders /etc/varnish/stale.vcl. */
export function staleVcl({ shields, cluster }: OtherNodes): string {
  // The one that asks has a window of its own, and does not know how much of this one is over.
  // What the origin has failed to replace is not fresh since that took a while: another node goes by it.
  const fresh = "obj.ttl + (now - req.time) > 0s";
  const isFresh = shields || cluster ? `obj.ttl > 0s || (req.http.X-Footprint-Wants != "stale" && ${fresh})` : fresh;
  const unlessShielded = shields ? ` && !req.http.${INTERNAL.shielded}` : "";
  return `# When a stale response is used (RFC 5861), and when one waits for a fresh one.
#
# An object's grace is the longer of its two windows:
#   stale-while-revalidate  used at once, while a fresh one is fetched behind the client's back
#   stale-if-error          used when the origin has failed to give a fresh one
# Between the two a request is restarted as one that takes only what is fresh. When the fetch fails, it is restarted
# once more as one that takes what is stale, and the object is marked for some seconds (saintmode): whoever comes then,
# or waited for the same fetch, gets the stale object without another request to the origin.
#
# An origin that takes too long may only be slow: then the object would never be renewed. So it is asked once more behind the
# client's back, with all the time there is, and until it has answered HAProxy marks the URL (${INTERNAL.slow}).

sub vcl_hit {
    call validate_first;
    # Fresh when the request came: it may have waited for the fetch of this very object.
    if (${isFresh}) {
        set req.http.X-Footprint-Cache = "hit";
        return (deliver);
    }
    set req.http.X-Footprint-Cache = "stale";
    if (obj.ttl + std.duration(obj.http.X-Footprint-Swr + "s", 0s) > 0s${unlessShielded}) {
        return (deliver);
    }
    if (obj.ttl + std.duration(obj.http.X-Footprint-Sie + "s", 0s) > 0s) {
        # Not std.healthy, which knows no object on this side.
        if (req.http.X-Footprint-Wants == "stale" || req.http.${INTERNAL.slow} || !origins.is_healthy()) {
            return (deliver);
        }
        # For vcl_backend_response: there is something to fall back on.
        set req.http.X-Footprint-Stale = "waits";
    }
    set req.http.X-Footprint-Wants = "fresh";
    return (restart);
}

sub vcl_miss {
    set req.http.X-Footprint-Cache = "miss";
    if (req.http.${INTERNAL.onlyIfCached}) {
        set req.http.X-Footprint-Error = "http_request_denied";
        return (synth(504, "Gateway Timeout"));
    }
    call hits_alone;
    call pass_range;
    if (!req.http.${INTERNAL.stale}) {
        # There is nothing to fall back on: a mark that is left of a former object does not count.
        set req.backend_hint = egress;
    }
    return (fetch);
}

sub vcl_backend_fetch {
    unset bereq.body;
    if (!bereq.uncacheable) {
        set bereq.http.${INTERNAL.mayBeStored} = "1";
    }
    if (bereq.is_bgfetch && bereq.http.${INTERNAL.slow}) {
        # Nobody waits for it, nor will: HAProxy's egress side gives it the full time. That it failed just now is known.
        set bereq.backend = egress;
        unset bereq.http.X-Footprint-Stale;
    } else if (bereq.is_bgfetch) {
        set bereq.http.X-Footprint-Stale = "background";
    } else if (!bereq.uncacheable && !bereq.is_hitmiss && !bereq.http.X-Footprint-Wants
        && !bereq.http.If-None-Match && !bereq.http.If-Modified-Since) {
        # Nothing of its variant is stored, as far as one can tell here: HAProxy counts these.
        set bereq.http.${INTERNAL.variant} = "1";
    }
    return (fetch);
}

# The site has too many requests in flight: what would have to be fetched is refused at once, so that hits go on.
sub hits_alone {
    if (req.http.${INTERNAL.hits}) {
        set req.http.X-Footprint-Error = "destination_unavailable";
        return (synth(503, "too many requests of this site at once"));
    }
}

# The egress side has no room for it: the stale copy, else its 503 with Retry-After. First in vcl_backend_response.
sub no_room {
    if (beresp.http.${INTERNAL.full}) {
        if (bereq.is_bgfetch || bereq.http.X-Footprint-Stale) {
            if (beresp.http.${INTERNAL.full} != "client") {
                saintmode.denylist(1s);
            }
            return (abandon);
        }
        # Not remembered: who waited for it asks for itself.
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        return (deliver);
    }
}

# The origin answered that it failed: keep what we have. Called first in vcl_backend_response.
sub stale_instead_of_error {
    if ((bereq.is_bgfetch || bereq.http.X-Footprint-Stale)
        && (beresp.status == 500 || beresp.status == 502 || beresp.status == 503 || beresp.status == 504)) {
        saintmode.denylist(5s);
        return (abandon);
    }
}

# No answer at all, or the object is marked.
sub vcl_backend_error {
    # HAProxy has an answer for all but an origin that ends a kept connection under the request. It may not have seen it.
    if (bereq.retries == 0) {
        set bereq.http.${INTERNAL.again} = "1";
        return (retry);
    }
    if (bereq.is_bgfetch || bereq.http.X-Footprint-Stale) {
        # To deliver here would store an error over the stale object.
        return (abandon);
    }
    set beresp.status = 502;
    set beresp.reason = "Bad Gateway";
    set beresp.http.X-Footprint-Error = "http_response_incomplete";
    call error_body;
    return (deliver);
}
`;
}
