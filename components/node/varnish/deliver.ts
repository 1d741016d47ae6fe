import { INTERNAL } from "../internalHeaders";
import type { OtherNodes } from "./otherNodes";

/** Renders /etc/varnish/deliver.vcl. */
export function deliverVcl(popName: string, { shields, cluster }: OtherNodes): string {
  const others = [...(shields ? [INTERNAL.shielded] : []), ...(cluster ? [INTERNAL.peered] : [])];
  // What another node of ours stores is what the origin sent.
  const forClients = (statements: string): string =>
    others.length > 0
      ? `    if (${others.map((name) => `!req.http.${name}`).join(" && ")}) {\n${statements.replaceAll(/^ {4}/gm, "        ")}\n    }`
      : statements;
  return `# What a client is told.

sub vcl_deliver {
    call seek;
${forClients("    call compression;")}
    call conditions;

    # RFC 9211: what this cache did, after what caches before it say of themselves.
    if (req.http.X-Footprint-Cache == "hit" || req.http.X-Footprint-Cache == "stale") {
        set resp.http.X-Footprint-Status = "; hit; ttl=" + regsub(regsub(obj.ttl, "[.].*$", ""), "^-0$", "0");
    } else if (req.http.X-Footprint-Seek == "coming") {
        set resp.http.X-Footprint-Status = "; fwd=partial";
    } else if (req.http.X-Footprint-Wants) {
        set resp.http.X-Footprint-Status = "; fwd=stale";
    } else {
        set resp.http.X-Footprint-Status = "; fwd=miss";
    }
    # Only when the answer is an origin's, and not HAProxy's for one that failed.
    if (req.http.X-Footprint-Cache == "miss" && resp.http.${INTERNAL.date}) {
        set resp.http.X-Footprint-Status = resp.http.X-Footprint-Status + "; fwd-status=" + resp.status;
    }
    if (!obj.uncacheable && req.http.X-Footprint-Cache == "miss") {
        # Not "stored": the rest of the body is still to come, and may not.
        set resp.http.X-Footprint-Status = resp.http.X-Footprint-Status + "; detail=storing";
    } else if (resp.http.X-Footprint-No) {
        # Why it is not stored: forbidden, vary, cookie, authorization, partial, lifetime, size, status, tags.
        set resp.http.X-Footprint-Status = resp.http.X-Footprint-Status + "; detail=" + resp.http.X-Footprint-No;
    }
    std.collect(resp.http.Cache-Status, ", ");${cluster ? "\n    call copied;\n    call seconds_left;" : ""}
    if (resp.http.Cache-Status) {
        set resp.http.Cache-Status = resp.http.Cache-Status + ", ${popName}" + resp.http.X-Footprint-Status;
    } else {
        set resp.http.Cache-Status = "${popName}" + resp.http.X-Footprint-Status;
    }

    set resp.http.X-Footprint-Cache = req.http.X-Footprint-Cache;
    # The edge names itself, not its node and version.
    set resp.http.Via = regsub(resp.http.Via, "1\\.1 [^ ,]+ \\(Varnish/[^,]+\\)$", "1.1 ${popName}");
    # For caches of the site's owner alone.
${forClients("    unset resp.http.Surrogate-Control;")}
    unset resp.http.xkey;
${forClients("    unset resp.http.X-Footprint-Tags;")}
    unset resp.http.X-Varnish;${cluster ? "\n    call given;" : ""}
    return (deliver);
}

sub vcl_synth {
    # The fetch of a fresh response was given up: take the stale one.
    if (req.http.X-Footprint-Stale && req.http.X-Footprint-Wants == "fresh" && resp.status == 503) {
        set req.http.X-Footprint-Wants = "stale";
        if (now - req.time > 2s) {
            # It was not refused: there was no answer.
            set req.http.X-Footprint-Slow = "1";
        }
        return (restart);
    }
    unset resp.http.X-Varnish;
    # The edge names itself, by Proxy-Status.
    unset resp.http.Server;
    set resp.http.X-Footprint-Cache = "error";
    set resp.http.Content-Type = "text/plain";
    set resp.http.Cache-Control = "no-store";
    if (resp.status == 503 && !req.http.X-Footprint-Error) {
        # The fetch was begun, and given up.
        set req.http.X-Footprint-Error = "http_response_incomplete";
    }
    if (req.http.X-Footprint-Error) {
        set resp.http.Proxy-Status = "${popName}; error=" + req.http.X-Footprint-Error;
    }
    if (resp.status == 503) {
        set resp.http.Retry-After = "1";
    }
    if (local.socket == "purge") {
        set resp.http.X-Footprint-Count = req.http.X-Footprint-Count;
    }${cluster ? "\n    call given;" : ""}
    synthetic(resp.reason + {"
"});
    return (deliver);
}

# An error of a fetch, as vcl_backend_error answers it.
sub error_body {
    unset beresp.http.Server;
    set beresp.http.Content-Type = "text/plain";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Proxy-Status = "${popName}; error=" + beresp.http.X-Footprint-Error;
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    synthetic(beresp.reason + {"
"});
}
`;
}
