import { INTERNAL } from "../internalHeaders";
import { SMALL_OBJECT, VARIANTS_LIMIT } from "../limits";
import type { OtherNodes } from "./otherNodes";

/** Bodies from this size on go to the storage for large objects. */
export const LARGE_OBJECT = "1MB";

/** A list of field names, perhaps with empty members (RFC 9110, sections 5.1 and 5.6.1.2). */
const NAMES = "^[ \\t,]*+(?:[0-9A-Za-z!#$%&'*+.^_`|~-]++[ \\t]*+(?:,[ \\t,]*+|$))*+$";

/** Renders /etc/varnish/response.vcl. */
export function responseVcl({ shields, cluster }: OtherNodes): string {
  return `# Whether and for how long a response is stored (RFC 9111).

sub vcl_backend_response {${cluster ? "\n    call from_owner;" : ""}${shields ? "\n    call from_shield;" : ""}
    # No check of gzip: what Varnish does not like, such as several members, is the client's to judge.
    set beresp.filters = "";
    call no_room;
    call variants;
    call check_304;
    call stale_instead_of_error;
    call site_response;

    # A part of a response is not stored.
    if (bereq.uncacheable) {
        call range_answered;
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
        } else if (beresp.http.${INTERNAL.variants}) {
            # What is remembered is a variant, too.
            set beresp.ttl = 1s;
        } else {
            set beresp.ttl = 120s;
        }
        return (deliver);
    }

    unset beresp.http.${INTERNAL.variants};
    call stale_windows;
    call tags;
    call body;
    call purged_meanwhile;
    return (deliver);
}

# Variants of a URL (Vary) are one list, which Varnish goes through at each request for it. HAProxy counts those that come
# new, and says when there may be ${String(VARIANTS_LIMIT)}: then all go, and those that are asked for come again.
sub variants {
    if (beresp.http.${INTERNAL.variants} == "all") {
        set beresp.http.${INTERNAL.variants} = xkey.purge("url:" + bereq.http.Host + regsuball(bereq.url, ",", "%2C"));
    }
}

# The site's settings, as its line of HAProxy's sites.map has them.
sub site_response {
    set beresp.http.X-Footprint-Max-Age = regsub(bereq.http.X-Footprint-Site, "^.*;max-age=(\\d+);.*$", "\\1");
    set beresp.http.X-Footprint-Swr = regsub(bereq.http.X-Footprint-Site, "^.*;while-revalidate=(\\d+);.*$", "\\1");
    set beresp.http.X-Footprint-Sie = regsub(bereq.http.X-Footprint-Site, "^.*;if-error=(\\d+);.*$", "\\1");
}

# X-Footprint-CC: the directives that govern this cache, as directives.lua writes them. CDN-Cache-Control (RFC 9213)
# replaces Cache-Control and Expires; else its forerunner Surrogate-Control does.
sub governing_field {
    if (beresp.http.${INTERNAL.cdnCacheControl} ~ "^,") {
        set beresp.http.X-Footprint-CC = beresp.http.${INTERNAL.cdnCacheControl};
        set beresp.http.X-Footprint-Targeted = "1";
    } else if (beresp.http.${INTERNAL.surrogateControl} ~ "^,") {
        set beresp.http.X-Footprint-CC = beresp.http.${INTERNAL.surrogateControl};
        set beresp.http.X-Footprint-Targeted = "1";
    } else {
        set beresp.http.X-Footprint-CC = beresp.http.${INTERNAL.cacheControl};
    }
}

# beresp.ttl: seconds from now for which the response is fresh; X-Footprint-Explicit: the origin said how long.
sub freshness_lifetime {
    set beresp.ttl = 0s;
    set beresp.http.X-Footprint-Code = beresp.status;
    if (beresp.http.X-Footprint-CC ~ ",s-maxage=") {
        set beresp.http.X-Footprint-Explicit = "1";
        set beresp.http.X-Footprint-Lifetime = regsub(beresp.http.X-Footprint-CC, "^.*,s-maxage=(\\d+),.*$", "\\1");
    } else if (beresp.http.X-Footprint-CC ~ ",max-age=") {
        set beresp.http.X-Footprint-Explicit = "1";
        set beresp.http.X-Footprint-Lifetime = regsub(beresp.http.X-Footprint-CC, "^.*,max-age=(\\d+),.*$", "\\1");
    } else if (beresp.http.${INTERNAL.expires} && !beresp.http.X-Footprint-Targeted) {
        set beresp.http.X-Footprint-Explicit = "1";
        set beresp.ttl = std.time(beresp.http.${INTERNAL.expires}, std.time(real = 0))
            - std.time(beresp.http.${INTERNAL.date}, now) - beresp.age;
    } else if (beresp.http.${INTERNAL.lastModified} && !bereq.http.Cookie && !bereq.http.Authorization
        # Of HTTP/1.0, and meant for requests; who sends it in a response does not want it guessed that it may be stored.
        && beresp.http.Pragma !~ "(?i)(^|,)[ \\t]*no-cache[ \\t]*(,|$)"
        && (beresp.http.X-Footprint-Code ~ "^(200|203|204|300|301|308|404|405|410|414|501)$"
            || beresp.http.X-Footprint-CC ~ ",public,")) {
        # Nothing said: a tenth of the time since it last changed, an hour at most (RFC 9111, section 4.2.2). Not for
        # who has a name, since nothing says that others may have it.
        set beresp.ttl = (std.time(beresp.http.${INTERNAL.date}, now)
            - std.time(beresp.http.${INTERNAL.lastModified}, now)) * 0.1;
        if (beresp.ttl > 1h) {
            set beresp.ttl = 1h;
        }
        set beresp.ttl = beresp.ttl - beresp.age;
    }
    if (beresp.http.X-Footprint-Lifetime) {
        set beresp.ttl = std.duration(beresp.http.X-Footprint-Lifetime + "s", 0s) - beresp.age;
    }
    unset beresp.http.X-Footprint-Lifetime;

    # The site's upper bound.
    if (beresp.ttl > std.duration(beresp.http.X-Footprint-Max-Age + "s", 0s)) {
        set beresp.ttl = std.duration(beresp.http.X-Footprint-Max-Age + "s", 0s);
    }
    # What came in together shall not go stale together: up to 5 % less.
    if (beresp.ttl > 60s) {
        set beresp.ttl = beresp.ttl * std.random(0.95, 1.0);
    }
    unset beresp.http.X-Footprint-Max-Age;
}

# X-Footprint-No: why a response is not stored; X-Footprint-Validate: stored to be validated alone (shared.vcl).
sub may_be_stored {
    unset beresp.http.X-Footprint-Validate;
    # Who knows the status may store it in spite of no-store; who does not, may not (RFC 9111, section 5.2.2.3).
    if (beresp.http.X-Footprint-CC ~ ",must-understand,") {
        if (beresp.http.X-Footprint-Code ~ "^(200|203|204|300|301|302|303|307|308|404|405|410|414|501)$") {
            set beresp.http.X-Footprint-CC = regsub(beresp.http.X-Footprint-CC, ",no-store,", ",");
        } else {
            set beresp.http.X-Footprint-No = "status";
        }
    }
    if (beresp.http.X-Footprint-No) {
        # Already said why.
    } else if (!beresp.http.${INTERNAL.date}) {
        # Not an origin's: HAProxy's own, for one that failed.
        set beresp.http.X-Footprint-No = "status";
    } else if (beresp.http.X-Footprint-Many-Tags) {
        set beresp.http.X-Footprint-No = "tags";
    } else if (beresp.http.X-Footprint-CC ~ ",(no-store|private),") {
        set beresp.http.X-Footprint-No = "forbidden";
    } else if (beresp.http.Vary ~ "\\*" || beresp.http.Vary !~ "${NAMES}") {
        # Of what cannot be read nobody knows what it varies by (RFC 9110, section 12.5.5).
        set beresp.http.X-Footprint-No = "vary";
    } else if (beresp.http.Set-Cookie) {
        # A cookie is for one client, whatever else is said.
        set beresp.http.X-Footprint-No = "cookie";
    } else if (bereq.http.Authorization
        && beresp.http.X-Footprint-CC !~ ",(public|s-maxage=\\d+|must-revalidate),") {
        # RFC 9111, section 3.5.
        set beresp.http.X-Footprint-No = "authorization";
    } else if (beresp.status == 206 || beresp.status == 304 || beresp.status < 200) {
        set beresp.http.X-Footprint-No = "partial";
    } else if (beresp.ttl <= 0s || beresp.http.X-Footprint-CC ~ ",no-cache,") {
        if (beresp.status == 200 && (beresp.http.ETag || beresp.http.${INTERNAL.lastModified})
            && !bereq.http.Cookie && !bereq.http.Authorization && !beresp.http.${INTERNAL.endless}
            && std.bytes(beresp.http.Content-Length, 0B) <= std.bytes(std.getenv("LARGEST_OBJECT"), 10MB)) {
            # Nobody has it without a word of the origin. For who has a name it is not even kept.
            set beresp.http.X-Footprint-Validate = "1";
        } else {
            set beresp.http.X-Footprint-No = "lifetime";
        }
    } else if (beresp.http.${INTERNAL.endless}
        || std.bytes(beresp.http.Content-Length, 0B) > std.bytes(std.getenv("LARGEST_OBJECT"), 10MB)) {
        # It would push out too much else. By the start script, since a storage on a disk does not tell its size.
        set beresp.http.X-Footprint-No = "size";
    }
    unset beresp.http.X-Footprint-Code;
    unset beresp.http.X-Footprint-Targeted;
}

# The windows of stale.vcl: the response's own, else the site's; none where the origin forbids it.
sub stale_windows {
    if (beresp.http.X-Footprint-CC ~ ",s-maxage=" || !beresp.http.X-Footprint-Explicit || beresp.status >= 500) {
        # The site's are for what the origin said to be fresh for so long, and is worth having: s-maxage forbids them
        # (RFC 9111, section 5.2.2.10), and an error is no better than the next one.
        set beresp.http.X-Footprint-Swr = "0";
        set beresp.http.X-Footprint-Sie = "0";
    }
    if (std.duration(beresp.http.X-Footprint-Swr + "s", 0s) > beresp.ttl * 0.1) {
        # What is fresh for two seconds shall not be a minute old.
        set beresp.http.X-Footprint-Swr = beresp.ttl * 0.1;
    }
    if (beresp.http.X-Footprint-CC ~ ",stale-while-revalidate=") {
        set beresp.http.X-Footprint-Swr = regsub(beresp.http.X-Footprint-CC, "^.*,stale-while-revalidate=(\\d+),.*$", "\\1");
    }
    if (beresp.http.X-Footprint-CC ~ ",stale-if-error=") {
        set beresp.http.X-Footprint-Sie = regsub(beresp.http.X-Footprint-CC, "^.*,stale-if-error=(\\d+),.*$", "\\1");
    }
    if (beresp.http.X-Footprint-CC ~ ",(must-revalidate|proxy-revalidate),") {
        set beresp.http.X-Footprint-Swr = "0";
        set beresp.http.X-Footprint-Sie = "0";
    }
    set beresp.grace = std.duration(beresp.http.X-Footprint-Swr + "s", 0s);
    if (std.duration(beresp.http.X-Footprint-Sie + "s", 0s) > beresp.grace) {
        set beresp.grace = std.duration(beresp.http.X-Footprint-Sie + "s", 0s);
    }
    # After that it is of use only to ask whether it has changed.
    if (beresp.http.ETag || beresp.http.${INTERNAL.lastModified}) {
        set beresp.keep = 1d;
    } else {
        set beresp.keep = 0s;
    }
    if (beresp.http.X-Footprint-Validate) {
        # Not 0, which Varnish drops, and shorter than the way of any answer: who asks next comes after it, and validates. The
        # grace is no window: without one, requests would wait for each other.
        set beresp.ttl = 0.01ms;
        set beresp.grace = 1d;
        unset beresp.http.X-Footprint-Swr;
        unset beresp.http.X-Footprint-Sie;
    }
    unset beresp.http.X-Footprint-CC;
    unset beresp.http.X-Footprint-Explicit;
}

# What a purge finds the object by: its site, its URL, its tags. Tags are a site's own: another site's origin cannot
# name them. Commas separate keys, so there is none in a URL's.
sub tags {
    set beresp.http.xkey = "all host:" + bereq.http.Host
        + " url:" + bereq.http.Host + regsuball(bereq.url, ",", "%2C");
    if (beresp.http.X-Footprint-Tags) {
        set beresp.http.xkey = beresp.http.xkey
            + regsuball(beresp.http.X-Footprint-Tags, "[, \\t]*([^, \\t]+)[, \\t]*", " tag:" + bereq.http.Host + ":\\1");
    }
    # What takes more memory than is counted of it: what is small, or may be, and what has many keys (agent/cacheRoom.ts).
    if (std.bytes(beresp.http.Content-Length, 0B) < ${String(SMALL_OBJECT)}B || beresp.http.X-Footprint-Tags ~ "^.{1000}") {
        set beresp.http.xkey = beresp.http.xkey + " small";
    }
    # X-Footprint-Tags stays: a 304 that confirms the object does not repeat them.
    # The index of keys looks here, too.
    unset beresp.http.X-HashTwo;
}

# Where it is kept, and for whom: what has a coding, for those who take it, also when its origin forgot to say so.
sub body {
    # Said of each: where nothing is said Varnish takes its storages in turn, and half of the pages would be among downloads.
    if (std.bytes(beresp.http.Content-Length, 0B) >= std.bytes(std.getenv("LARGE_STORED"), ${LARGE_OBJECT})) {
        set beresp.storage = storage.large;
    } else {
        set beresp.storage = storage.memory;
    }
    if (beresp.http.Content-Encoding) {
        call vary_by_coding;
    }
}

sub vary_by_coding {
    std.collect(beresp.http.Vary, ", ");
    if (!beresp.http.Vary) {
        set beresp.http.Vary = "Accept-Encoding";
    } else if (beresp.http.Vary !~ "(?i)(^|,)[ \\t]*accept-encoding[ \\t]*(,|$)") {
        set beresp.http.Vary = beresp.http.Vary + ", Accept-Encoding";
    }
}
`;
}
