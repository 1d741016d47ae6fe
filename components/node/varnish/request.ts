import { PROBE_HOST } from "../sockets";

/** Renders /etc/varnish/request.vcl. */
export function requestVcl(): string {
  return `# What is looked up, and by which key.

sub vcl_recv {
    if (local.socket == "purge") {
        call purge_request;
    }
    # HAProxy asks whether Varnish answers at all.
    if (req.http.Host == "${PROBE_HOST}") {
        return (synth(200, "OK"));
    }
    # As the origin gets it: responses may vary by it.
    set req.http.X-Forwarded-For = req.http.X-Footprint-Client;
    set req.backend_hint = origins.backend();
    call behind_who_asks;

    # Nor does it wait for another's fetch, when hits alone are answered.
    if (req.http.X-Footprint-Hits) {
        set req.hash_ignore_busy = true;
    }
    if (!req.http.X-Footprint-Site) {
        return (synth(421, "Misdirected Request"));
    }
    call byte_range;
    if (req.restarts > 0) {
        # stale.vcl and shared.vcl say why; a stale response will do now, or none.
        if (req.http.X-Footprint-Wants != "stale") {
            set req.grace = 0s;
        } else {
            unset req.grace;
        }
    }

    # HAProxy sends what is nothing for a cache past it.
    if (req.method != "GET" && req.method != "HEAD") {
        return (synth(405, "Method Not Allowed"));
    }
    # A body has no meaning in a GET (RFC 9110, section 9.3.1); an origin that looks at it would poison the cache.
    if (req.http.Transfer-Encoding || (req.http.Content-Length && req.http.Content-Length != "0")) {
        set req.http.X-Footprint-Error = "http_request_denied";
        return (synth(400, "Bad Request"));
    }
    # Cache-Control of a request is advice (RFC 9111, section 5.2.1): only-if-cached is taken (vcl_miss), what would let
    # any client send requests through to the origin is not.
    if (req.http.X-Footprint-Seek) {
        return (pass);
    }
    return (hash);
}

# HAProxy has put the URL into one form. What is not in the key does not reach the origin either, so that nobody can put
# into the cache what others did not ask for.
sub vcl_hash {
    hash_data(req.http.Host);
    hash_data(req.url);
    hash_data(req.http.X-Footprint-Told-Apart);
    return (lookup);
}

sub vcl_pass {
    # A part of what is not stored, or is coming in just now (ranges.vcl).
    set req.http.X-Footprint-Cache = "miss";
    call hits_alone;
    return (fetch);
}

sub vcl_pipe {
    # Nothing here leads to a pipe.
    return (synth(500, "Internal Server Error"));
}

sub vcl_purge {
    return (synth(200, "Purged"));
}
`;
}
