/** Bodies from this size on go to the storage for large objects. */
export const LARGE_OBJECT = "1MB";

/** Renders /etc/varnish/response.vcl. */
export function responseVcl(): string {
  return `# Whether and for how long a response is stored (RFC 9111).

sub vcl_backend_response {
    call stale_instead_of_error;
    call site_response;

    # What only changes something is not stored, and neither is part of a response.
    if (bereq.uncacheable) {
        return (deliver);
    }

    call governing_field;
    call freshness_lifetime;
    call may_be_stored;
    if (beresp.http.X-Footprint-No) {
        # Remember that it cannot be stored, so that the next requests do not wait for each other. They are still
        # looked at one by one: the first that can be stored ends it.
        set beresp.uncacheable = true;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        if (beresp.status >= 500) {
            # An origin that fails may soon give what can be stored.
            set beresp.ttl = 1s;
        } else {
            set beresp.ttl = 120s;
        }
        return (deliver);
    }

    call stale_windows;
    call tags;
    call body;
    return (deliver);
}

# X-Footprint-CC: the field that governs this cache. CDN-Cache-Control (RFC 9213) replaces Cache-Control and Expires,
# unless it is no dictionary of structured fields; else its forerunner Surrogate-Control does. Quoted strings of other
# directives are blanked, since a comma or "max-age" within one means nothing.
sub governing_field {
    std.collect(beresp.http.Cache-Control, ", ");
    std.collect(beresp.http.CDN-Cache-Control, ", ");
    std.collect(beresp.http.Surrogate-Control, ", ");
    set beresp.http.X-Footprint-CC = beresp.http.Cache-Control;
    if (beresp.http.Surrogate-Control) {
        # What is for another surrogate is marked by its name.
        set beresp.http.X-Footprint-CC = regsuball(beresp.http.Surrogate-Control, "[^, ]+;[^, ]+", "");
        set beresp.http.X-Footprint-Targeted = "1";
    }
    if (beresp.http.CDN-Cache-Control
        ~ {"^ *[a-z*][a-z0-9_.*-]*(=([a-zA-Z*][^ ,;"]*|-?[0-9.]+|"[^"\\\\]*"|\\?[01]))?( *; *[a-z*][^,;"]*)*( *, *[a-z*][a-z0-9_.*-]*(=([a-zA-Z*][^ ,;"]*|-?[0-9.]+|"[^"\\\\]*"|\\?[01]))?( *; *[a-z*][^,;"]*)*)* *$"}) {
        set beresp.http.X-Footprint-CC = beresp.http.CDN-Cache-Control;
        set beresp.http.X-Footprint-Targeted = "1";
    }
    set beresp.http.X-Footprint-CC = regsuball(beresp.http.X-Footprint-CC, {""(?!\\d+")[^"]*""}, "");
}

# beresp.ttl: seconds from now for which the response is fresh; X-Footprint-Explicit: the origin said so.
sub freshness_lifetime {
    set beresp.ttl = 0s;
    set beresp.http.X-Footprint-Code = beresp.status;
    if (beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])s-maxage *=") {
        set beresp.http.X-Footprint-Explicit = "1";
        set beresp.http.X-Footprint-Lifetime = regsub(beresp.http.X-Footprint-CC, {"(?i)^(?:.*?[, ])??s-maxage *= *"?(\\d+)"? *(?:[,;].*)?$"}, "\\1");
    } else if (beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])max-age *=") {
        set beresp.http.X-Footprint-Explicit = "1";
        set beresp.http.X-Footprint-Lifetime = regsub(beresp.http.X-Footprint-CC, {"(?i)^(?:.*?[, ])??max-age *= *"?(\\d+)"? *(?:[,;].*)?$"}, "\\1");
    } else if (beresp.http.Expires && !beresp.http.X-Footprint-Targeted) {
        set beresp.http.X-Footprint-Explicit = "1";
        # What is no date lies in the past (RFC 9111, section 5.3).
        set beresp.ttl = std.time(beresp.http.Expires, std.real2time(0, now)) - std.time(beresp.http.Date, now) - beresp.age;
    } else if (beresp.http.Last-Modified && !bereq.http.Cookie
        && (beresp.http.X-Footprint-Code ~ "^(200|203|204|300|301|308|404|405|410|414|501)$"
            || beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])public *(,|$)")) {
        # Nothing said: a tenth of the time since it last changed, an hour at most (RFC 9111, section 4.2.2).
        set beresp.http.X-Footprint-Explicit = "1";
        set beresp.ttl = (std.time(beresp.http.Date, now) - std.time(beresp.http.Last-Modified, now)) * 0.1;
        if (beresp.ttl > 1h) {
            set beresp.ttl = 1h;
        }
        set beresp.ttl = beresp.ttl - beresp.age;
    }
    if (beresp.http.X-Footprint-Lifetime ~ "^\\d{1,10}$") {
        set beresp.ttl = std.duration(beresp.http.X-Footprint-Lifetime + "s", 0s) - beresp.age;
    } else if (beresp.http.X-Footprint-Lifetime ~ "^\\d+$") {
        set beresp.ttl = 9999999999s;
    }

    # The site's upper bound.
    if (beresp.ttl > std.duration(beresp.http.X-Footprint-Max-Age + "s", 0s)) {
        set beresp.ttl = std.duration(beresp.http.X-Footprint-Max-Age + "s", 0s);
    }
    # What came in together shall not go stale together: up to 5 % less.
    if (beresp.ttl > 60s) {
        set beresp.ttl = beresp.ttl * std.random(0.95, 1.0);
    }
    unset beresp.http.X-Footprint-Lifetime;
    unset beresp.http.X-Footprint-Max-Age;
}

# X-Footprint-No: why a response is not stored.
sub may_be_stored {
    # Who knows the status may store it in spite of no-store; who does not, may not (RFC 9111, section 5.2.2.3).
    if (beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])must-understand *(,|$)") {
        if (beresp.http.X-Footprint-Code ~ "^(200|203|204|300|301|302|303|307|308|404|405|410|414|501)$") {
            set beresp.http.X-Footprint-CC = regsuball(beresp.http.X-Footprint-CC, "(?i)no-store", "");
        } else {
            set beresp.http.X-Footprint-No = "status";
        }
    }
    if (beresp.http.X-Footprint-No) {
        # Already said why.
    } else if (beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])(no-store|private) *(=|,|$)") {
        set beresp.http.X-Footprint-No = "forbidden";
    } else if (beresp.http.Vary ~ "\\*") {
        set beresp.http.X-Footprint-No = "vary";
    } else if (beresp.http.Set-Cookie) {
        # A cookie is for one client, whatever else is said.
        set beresp.http.X-Footprint-No = "cookie";
    } else if (bereq.http.Authorization
        && beresp.http.X-Footprint-CC !~ "(?i)(^|[, ])(public|s-maxage|must-revalidate) *(=|,|$)") {
        # RFC 9111, section 3.5.
        set beresp.http.X-Footprint-No = "authorization";
    } else if (beresp.status == 206 || beresp.status == 304 || beresp.status < 200) {
        set beresp.http.X-Footprint-No = "partial";
    } else if (beresp.ttl <= 0s && !beresp.http.ETag && !beresp.http.Last-Modified) {
        # Neither fresh for a while nor to be validated.
        set beresp.http.X-Footprint-No = "lifetime";
    } else if (!beresp.http.X-Footprint-Explicit && beresp.status >= 400) {
        set beresp.http.X-Footprint-No = "lifetime";
    } else if (std.bytes(beresp.http.Content-Length, 0B) > std.bytes(std.getenv("LARGEST_OBJECT"), 10MB)) {
        # It would push out too much else. By the start script, since a storage on a disk does not tell its size.
        set beresp.http.X-Footprint-No = "size";
    }
    unset beresp.http.X-Footprint-Code;
    unset beresp.http.X-Footprint-Explicit;
    unset beresp.http.X-Footprint-Targeted;
}

# The windows of stale.vcl: the response's own, else the site's; none where the origin forbids it.
sub stale_windows {
    if (beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])(must-revalidate|proxy-revalidate|no-cache) *(=|,|$)") {
        set beresp.http.X-Footprint-Swr = "0";
        set beresp.http.X-Footprint-Sie = "0";
    }
    if (beresp.ttl <= 0s || beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])no-cache *(=|,|$)") {
        # To be validated each time. Not 0, which Varnish would not validate but drop: this way those who waited for
        # the same fetch share its answer, and who comes later asks again.
        set beresp.ttl = 1ms;
        # Who says so does not want it used meanwhile.
        set beresp.http.X-Footprint-Swr = "0";
    }
    if (beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])stale-while-revalidate=\\d{1,9} *(,|$)") {
        set beresp.http.X-Footprint-Swr = regsub(beresp.http.X-Footprint-CC, "(?i)^(?:.*?[, ])??stale-while-revalidate=(\\d{1,9}).*$", "\\1");
    }
    if (beresp.http.X-Footprint-CC ~ "(?i)(^|[, ])stale-if-error=\\d{1,9} *(,|$)") {
        set beresp.http.X-Footprint-Sie = regsub(beresp.http.X-Footprint-CC, "(?i)^(?:.*?[, ])??stale-if-error=(\\d{1,9}).*$", "\\1");
    }
    set beresp.grace = std.duration(beresp.http.X-Footprint-Swr + "s", 0s);
    if (std.duration(beresp.http.X-Footprint-Sie + "s", 0s) > beresp.grace) {
        set beresp.grace = std.duration(beresp.http.X-Footprint-Sie + "s", 0s);
    }
    # After that it is of use only to ask whether it has changed.
    if (beresp.http.ETag || beresp.http.Last-Modified) {
        set beresp.keep = 1d;
    } else {
        set beresp.keep = 0s;
    }
    unset beresp.http.X-Footprint-CC;
}

# What a purge finds the object by: its site, its URL, its tags. Tags are a site's own: another site's origin cannot
# name them. Commas separate keys, so there is none in a URL's.
sub tags {
    set beresp.http.xkey = "all host:" + bereq.http.Host
        + " url:" + bereq.http.Host + regsuball(bereq.url, ",", "%2C");
    if (beresp.http.X-Footprint-Tags) {
        set beresp.http.xkey = beresp.http.xkey
            + regsuball(beresp.http.X-Footprint-Tags, "[, ]*([^, ]+)[, ]*", " tag:" + bereq.http.Host + ":\\1");
    }
    unset beresp.http.X-Footprint-Tags;
    # The index of keys looks here, too.
    unset beresp.http.X-HashTwo;
}

# Where it is kept, and whether it is compressed.
sub body {
    if (std.bytes(beresp.http.Content-Length, 0B) >= ${LARGE_OBJECT}) {
        set beresp.storage = storage.large;
    }
    if (beresp.http.X-Footprint-Compress
        && !beresp.http.Content-Encoding
        && beresp.http.Cache-Control !~ "(?i)no-transform"
        && beresp.http.Content-Type ~ "(?i)^(text/|application/([a-z0-9.+-]+\\+)?(json|xml|javascript|wasm)|application/(manifest|rss|atom)|image/(svg|x-icon|bmp)|font/(ttf|otf))") {
        set beresp.do_gzip = true;
    }
    unset beresp.http.X-Footprint-Compress;
}
`;
}
