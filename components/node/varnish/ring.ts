import { INTERNAL } from "../internalHeaders";
import { LARGE_OBJECT } from "./response";

/** How long a node gives what its owner gave stale, without asking it again. */
const STALE_COPY = "1s";

/** Renders /etc/varnish/ring.vcl, for PoPs whose nodes are one cache. */
export function ringVcl(): string {
  return `# What comes by way of another node of the PoP: the object's owner, which asks the origin for all others (haproxy/ring.ts).
#
# The owner's answer is what its origin sent, with what this node's own egress side would have noted of it; so both keep to
# the same rules. Stale windows are the owner's alone.
#
# What is hot is kept here as well (haproxy/ring.ts says what is), in a storage of its own, which can push out nothing that this
# node owns. A copy has the owner's age, ends no later than what the owner has, and is never stale by itself. It is purged as all
# that is stored, and filled again as from an origin: not while its owner is behind (peers.vcl), and not when it was purged
# meanwhile (in_flight.vcl).

# First in vcl_backend_response.
sub from_owner {
    if (beresp.http.${INTERNAL.owner} == "self") {
        # This node is the owner, and has asked the origin.
        unset beresp.http.${INTERNAL.owner};
    }
    if (beresp.http.${INTERNAL.owner} == "failed" || beresp.http.${INTERNAL.owner} == "behind") {
        # It cannot be reached, is not known to be ours, or has not carried out a purge that this node has: then the origin is
        # asked, as if there were no owner.
        set bereq.http.${INTERNAL.alone} = "1";
        return (retry);
    }
    if (beresp.http.${INTERNAL.owner}) {
        set beresp.filters = "";
        call no_room;
        call stale_instead_of_error;
        if (bereq.uncacheable) {
            call range_answered;
            return (deliver);
        }
        call copy;
        # Who waited for it asks for itself, side by side, and whoever comes next begins anew: a mark that stays would keep
        # requests from waiting for each other also when this node is the owner one day, and has to ask the origin.
        set beresp.uncacheable = true;
        set beresp.ttl = 1ms;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        if (beresp.http.${INTERNAL.owner} == "hit"
            && std.bytes(beresp.http.Content-Length, ${LARGE_OBJECT}) < ${LARGE_OBJECT}) {
            # All of it is there in a moment: an owner that ends in the middle is noticed before a client is.
            set beresp.do_stream = false;
        }
        return (deliver);
    }
}

# It streams: what is stored when all of it is there is in no index while it comes in, and a purge would miss it.
sub copy {
    if (beresp.http.${INTERNAL.copy}) {
        set beresp.ttl = std.duration(beresp.http.${INTERNAL.left} + "s", 0s) - (now - bereq.time);
        if (beresp.http.${INTERNAL.owner} == "stale" && beresp.ttl > ${STALE_COPY}) {
            # While an origin fails its owner is asked once in a while, and not by each request.
            set beresp.ttl = ${STALE_COPY};
        }
        if (beresp.ttl > 0s) {
            call variants;
            unset beresp.http.${INTERNAL.copy};
            unset beresp.http.${INTERNAL.left};
            unset beresp.http.${INTERNAL.variants};
            set beresp.grace = 0s;
            set beresp.keep = 0s;
            set beresp.storage = storage.copies;
            call tags;
            call purged_meanwhile;
            return (deliver);
        }
    }
}

# In vcl_deliver, before this cache says what it did: what the owner said of itself was about the one who asked it.
sub copied {
    if ((req.http.X-Footprint-Cache == "hit" || req.http.X-Footprint-Cache == "stale") && resp.http.${INTERNAL.owner}) {
        if (resp.http.${INTERNAL.owner} == "stale") {
            # But for this: what is stale there is not fresh here.
            set req.http.X-Footprint-Cache = "stale";
            set resp.http.X-Footprint-Status =
                regsub(resp.http.Cache-Status, "^.*(; ?hit; ?ttl=-?\\d+)[^,]*$", "\\1");
        }
        set resp.http.X-Footprint-Status = resp.http.X-Footprint-Status + "; detail=copy";
        set resp.http.Cache-Status = regsub(resp.http.Cache-Status, "(^|, *)[^,]*$", "");
        if (resp.http.Cache-Status == "") {
            unset resp.http.Cache-Status;
        }
    }
}

# In vcl_deliver, after that: for how long a copy of it is as good.
sub seconds_left {
    if (req.http.${INTERNAL.peered} && req.http.X-Footprint-Cache == "hit") {
        set resp.http.${INTERNAL.left} = obj.ttl;
    } else if (req.http.${INTERNAL.peered} && req.http.X-Footprint-Cache == "stale") {
        set resp.http.${INTERNAL.left} = obj.ttl + obj.grace;
    }
}

# Last in vcl_deliver and vcl_synth: what this node did for another one, for an answer of an origin's.
sub given {
    if (req.http.${INTERNAL.peered}) {
        if (req.http.X-Footprint-Behind) {
            set resp.http.${INTERNAL.given} = "behind";
        } else if (resp.http.${INTERNAL.date}) {
            set resp.http.${INTERNAL.given} = req.http.X-Footprint-Cache;
        } else {
            set resp.http.${INTERNAL.given} = "error";
        }
        # The node that the client has asked says what the edge is.
        set resp.http.Via = regsub(resp.http.Via, "(^|, *)1\\.1 [^ ,]+$", "");
        if (resp.http.Via == "") {
            unset resp.http.Via;
        }
    } else if (req.http.X-Footprint-Cache == "miss" && resp.http.${INTERNAL.owner}) {
        # For the log: what the PoP did.
        set resp.http.X-Footprint-Cache = resp.http.${INTERNAL.owner};
    }
}
`;
}
