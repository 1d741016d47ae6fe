import { INTERNAL } from "../internalHeaders";

/** Renders /etc/varnish/shield.vcl, for PoPs that ask another one for a site, or are asked. */
export function shieldVcl(): string {
  return `# What comes by way of a shield: the PoP that asks the origins of a site for all others (haproxy/shield.ts).

# What is known not to be stored gains nothing there: it goes to the origin. So does what has failed there once.
sub vcl_backend_fetch {
    if (bereq.uncacheable || bereq.is_hitmiss) {
        set bereq.http.${INTERNAL.direct} = "1";
    }
}

# First in vcl_backend_response.
sub from_shield {
    # A loop (508) is one by whatever way it is gone.
    if (beresp.http.${INTERNAL.shield} && beresp.status != 508) {
        if (!beresp.http.${INTERNAL.given}) {
            # It cannot be reached, has no room, has no answer of an origin's, or does not know this node: then the origin
            # is asked, as if there were no shield.
            set bereq.http.${INTERNAL.direct} = "1";
            return (retry);
        }
        if (beresp.http.${INTERNAL.given} == "stale") {
            # The origin has failed the shield, and after a soft purge the age does not tell.
            if (bereq.is_bgfetch || bereq.http.X-Footprint-Stale) {
                saintmode.denylist(5s);
                return (abandon);
            }
            set beresp.http.X-Footprint-No = "lifetime";
            # Not remembered: who comes next would be sent to the origin, which has failed.
            set beresp.uncacheable = true;
            set beresp.ttl = 0s;
            set beresp.grace = 0s;
            set beresp.keep = 0s;
            call without_shield;
            return (deliver);
        }
        call without_shield;
    }
}

# Were they stored, they would be taken for those of a later answer, which confirms the response.
sub without_shield {
    unset beresp.http.${INTERNAL.shield};
    unset beresp.http.${INTERNAL.given};
}
`;
}
