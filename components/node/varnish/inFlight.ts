import { INTERNAL } from "../internalHeaders";

/**
 * How many purges back a fetch is told which of them concern it; when more come while it runs, it begins anew to be safe,
 * once. Each is a look in VCL, compiled at every load: 24 take half a second of the two that the compiler needs, 128 took
 * three of five (Varnish 7.7, amd64).
 */
export const REMEMBERED = 24;

/** Tries of a fetch that purges overtake, beside the first; Varnish allows four (parameter max_retries). */
const TRIES = 2;

/** Renders /etc/varnish/in_flight.vcl. */
export function inFlightVcl(): string {
  return `# A fetch that began before a purge of what it brings, and ends after it.
#
# Neither the index of keys nor a ban knows of it: both see what is stored. So purges are numbered, and the words of the
# last ${String(REMEMBERED)} are remembered, in variables that outlive a reload of the VCL. A fetch notes the number at which it begins. When
# its response is there, and says under which keys it would be stored, the purges since then are gone through: when one of
# them was meant for it, the fetch begins anew, and whoever came to wait for it gets what the origin says after the purge.
# When more purges came than are remembered, each may have been.

# Before a purge is carried out. X-Footprint-Word: what it looks for among the keys of an object, which stand between
# blanks. One at a time: the agent's purges follow each other.
sub remember_purge {
    set req.http.X-Footprint-Number = std.integer(var.global_get("purges"), 0) + 1;
    var.global_set("purge" + std.integer(req.http.X-Footprint-Number, 0) % ${String(REMEMBERED)}, req.http.X-Footprint-Word);
    var.global_set("purges", req.http.X-Footprint-Number);
}

sub vcl_backend_fetch {
    set bereq.http.X-Footprint-Began = std.integer(var.global_get("purges"), 0);
    # Read after that: a purge that is not counted as one before this fetch is looked for when its response is there.
    if (bereq.http.X-Footprint-Behind) {
        # Whoever is asked next cannot know what the one who asked first needs.
        set bereq.http.${INTERNAL.needs} = "unknown";
    } else {
        set bereq.http.${INTERNAL.needs} = var.global_get("needs");
    }
}

# Called last in vcl_backend_response, for what would be stored. Between here and the storing lie some microseconds; for
# them the agent does each purge once more.
sub purged_meanwhile {
    set beresp.http.X-Footprint-Missed =
        std.integer(var.global_get("purges"), 0) - std.integer(bereq.http.X-Footprint-Began, 0);
    if (beresp.http.X-Footprint-Missed != "0") {
        call look_for_purge;
        if (beresp.http.X-Footprint-Purged) {
            if (bereq.retries < ${String(TRIES)}) {
                return (retry);
            }
            if (bereq.is_bgfetch) {
                return (abandon);
            }
            # For those who wait for it by name; whoever asks from now on causes a fetch of his own.
            set beresp.http.X-Footprint-No = "purged";
            set beresp.uncacheable = true;
            set beresp.ttl = 1s;
            set beresp.grace = 0s;
            set beresp.keep = 0s;
        }
    }
    unset beresp.http.X-Footprint-Missed;
    unset beresp.http.X-Footprint-Purged;
}

sub look_for_purge {
    if (std.integer(beresp.http.X-Footprint-Missed, 0) < 0
        || std.integer(beresp.http.X-Footprint-Missed, 0) > ${String(REMEMBERED)}) {
        set beresp.http.X-Footprint-Purged = "1";
    }
    set beresp.http.X-Footprint-Keys = " " + beresp.http.xkey + " ";
    # VCL has no loop.
${Array.from({ length: REMEMBERED }, (_, i) => look(i + 1)).join("")}    unset beresp.http.X-Footprint-Keys;
}
`;
}

/** Whether the n-th purge since the fetch began is one of the response's. */
function look(n: number): string {
  return `    if (std.integer(beresp.http.X-Footprint-Missed, 0) >= ${String(n)} && str.contains(beresp.http.X-Footprint-Keys, var.global_get("purge" + (std.integer(bereq.http.X-Footprint-Began, 0) + ${String(n)}) % ${String(REMEMBERED)}))) {
        set beresp.http.X-Footprint-Purged = "1";
    }
`;
}
