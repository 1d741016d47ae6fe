import { INTERNAL } from "../internalHeaders";

/** More than any number of an entry. */
const NEVER = "1000000000000";

/** Renders /etc/varnish/peers.vcl. */
export function peersVcl(region: string, cluster: boolean): string {
  // What a mark says of this region, and all else that may stand around it.
  const own = `(^|,)${region}=(\\d+)[.](\\d+)(,|$)`;
  const number = (group: 2 | 3): string =>
    `std.integer(regsub(req.http.${INTERNAL.needs}, "^.*${own}.*$", "\\${String(group)}"), ${NEVER})`;
  return `# Requests of other nodes of ours. HAProxy proves that they are, and lets ${INTERNAL.needs} pass with these alone.
#
# Purges reach nodes at different seconds. Who has carried one out must not get back from another node what it took out. So a
# node says what it needs the other one to have done, by the numbers of the purge log (protocol/marks.ts), and who has not
# done it does not look into its cache: it asks the origin, at a moment that is after the purge; and where it asks a third
# node, that one does neither. Both marks are the agent's, in variables that outlive a reload of the VCL. What is not known is
# not done: after a restart of this program the agent says both again within a second.

# Called in vcl_recv, before the lookup. What is done was said after the doing.
sub behind_who_asks {
    unset req.http.X-Footprint-Behind;
    if (req.http.${INTERNAL.needs}
        && (req.http.${INTERNAL.needs} !~ "="
            || (req.http.${INTERNAL.needs} ~ "${own}"
                && (std.integer(regsub(var.global_get("done"), "[.].*$", ""), -1) < ${number(2)}
                    || std.integer(regsub(var.global_get("done"), "^.*[.]", ""), -1) < ${number(3)})))) {
        set req.http.X-Footprint-Behind = "1";${
          cluster
            ? `
        if (req.http.${INTERNAL.peered}) {
            # Who asks can ask the origin as well, and once for all of its clients.
            return (synth(503, "behind"));
        }`
            : ""
        }
        set req.hash_always_miss = true;
    }
}
`;
}
