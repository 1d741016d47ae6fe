import { INTERNAL } from "../internalHeaders";
import { LARGE_OBJECT } from "./response";

/** Renders /etc/varnish/ring.vcl, for PoPs whose nodes are one cache. */
export function ringVcl(): string {
  return `# What comes by way of another node of the PoP: the object's owner, which asks the origin for all others (haproxy/ring.ts).
#
# The owner's answer is what its origin sent, with what this node's own egress side would have noted of it; so both keep to
# the same rules. Stale windows are the owner's alone.

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
