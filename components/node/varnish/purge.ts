/** Renders /etc/varnish/purge.vcl. */
export function purgeVcl(): string {
  return `# What is taken out of the cache.
#
# The agent's requests, by HAProxy, on a socket of their own:
#   PURGE      removes
#   SOFTPURGE  makes stale, so that it is validated, or used if the origin fails
#   BAN        removes by a ban, which looks at objects one by one: for when the index of keys is in doubt
# with Host, and X-Footprint-Purge: url (the request's target), prefix (all URLs that begin with it, whatever their
# query; by a ban alone), host (all of the site), tag (X-Footprint-Tag), or all, whose Host does not matter; to remove
# everything there is the ban alone, which takes out also what is not in the index of keys. The answer counts the objects
# in X-Footprint-Count; a ban does not know how many. HAProxy puts a URL into the form that is its key, as it does with
# those of requests. Host, tag and all reach what is left of a site that was taken out as well: it may come back.

# CHANGED is HAProxy's own: a request for this URL has changed something (RFC 9111, section 4.4). It takes out what is
# stored, and is no purge: it looks at no fetch under way.
#
# RELIEVE is the agent's, when memory is short: what takes more of it than is counted goes.
#
# MARK is the agent's: how far it is, X-Footprint-Done, and what it needs of other nodes, X-Footprint-Needs (peers.vcl).

sub purge_request {
    if (req.method == "CHANGED") {
        set req.http.X-Footprint-Count = xkey.purge("url:" + req.http.Host + regsuball(req.url, ",", "%2C"));
        return (synth(200, "OK"));
    }
    if (req.method == "RELIEVE") {
        set req.http.X-Footprint-Count = xkey.purge("small");
        return (synth(200, "OK"));
    }
    if (req.method == "MARK") {
        var.global_set("needs", req.http.X-Footprint-Needs);
        var.global_set("done", req.http.X-Footprint-Done);
        return (synth(200, "OK"));
    }
    if (req.method != "PURGE" && req.method != "SOFTPURGE" && req.method != "BAN") {
        return (synth(405, "Method Not Allowed"));
    }
    if (req.method == "BAN" && req.http.X-Footprint-Purge == "all") {
        set req.http.X-Footprint-Word = " all ";
        call remember_purge;
        # True of every object, and looks at no request: objects are dropped behind clients' backs, too.
        if (std.ban("obj.status != 0")) {
            return (synth(200, "OK"));
        }
        return (synth(500, std.ban_error()));
    }
    if (req.http.X-Footprint-Purge == "all" && req.method == "SOFTPURGE") {
        set req.http.X-Footprint-Key = "all";
    } else if (req.http.X-Footprint-Purge == "host") {
        set req.http.X-Footprint-Key = "host:" + req.http.Host;
    } else if (req.http.X-Footprint-Purge == "url"
        || (req.http.X-Footprint-Purge == "prefix" && req.method == "BAN" && req.url !~ "\\?")) {
        set req.http.X-Footprint-Key = "url:" + req.http.Host + regsuball(req.url, ",", "%2C");
    } else if (req.http.X-Footprint-Purge == "tag" && req.http.X-Footprint-Tag ~ "^[A-Za-z0-9_.:/@=~+-]{1,256}$") {
        set req.http.X-Footprint-Key = "tag:" + req.http.Host + ":" + req.http.X-Footprint-Tag;
    }
    # Nothing that could end a key, or a word of a ban's expression.
    if (req.http.X-Footprint-Key !~ "^[^ ,]+$"
        || (req.method == "BAN" && req.http.X-Footprint-Key ~ {"["\\\\]"})) {
        return (synth(400, "Bad Request"));
    }
    set req.http.X-Footprint-Word = " " + req.http.X-Footprint-Key;
    if (req.http.X-Footprint-Purge != "prefix") {
        set req.http.X-Footprint-Word = req.http.X-Footprint-Word + " ";
        set req.http.X-Footprint-End = "([[:space:]]|$)";
    }
    call remember_purge;
    if (req.method == "BAN") {
        # Each character that means something in a regular expression is escaped.
        if (std.ban("obj.http.xkey ~ (^|[[:space:]])"
            + regsuball(req.http.X-Footprint-Key, "([][{}()^$.|?*+])", "\\\\\\1") + req.http.X-Footprint-End)) {
            return (synth(200, "OK"));
        }
        return (synth(500, std.ban_error()));
    }
    if (req.method == "SOFTPURGE") {
        set req.http.X-Footprint-Count = xkey.softpurge(req.http.X-Footprint-Key);
    } else {
        set req.http.X-Footprint-Count = xkey.purge(req.http.X-Footprint-Key);
    }
    return (synth(200, "OK"));
}
`;
}
