import { SOCKETS } from "../sockets";
import type { OtherNodes } from "./otherNodes";

/** Renders /etc/varnish/default.vcl: the frame that takes in the others. */
export function mainVcl({ shields, cluster }: OtherNodes): string {
  return `# Written by Footprint from the configuration bundle; changes by hand are lost at the next one.
#
# In the order in which a request meets them:
#   request.vcl    what is looked up, and by which key
#   purge.vcl      what is taken out, by the agent or after a request that changed something
#   shared.vcl     who may have what is stored, and when an answer is "not modified"
#   in_flight.vcl  what is being fetched while it is purged
#   peers.vcl      what another node of ours may have of what is stored
${shields ? "#   shield.vcl     what comes by way of another PoP\n" : ""}${cluster ? "#   ring.vcl       what comes by way of another node of the PoP\n" : ""}#   stale.vcl      when a stale response is used, and when one waits for a fresh one
#   response.vcl   whether and for how long a response is stored
#   ranges.vcl     where a part of a response comes from
#   compression.vcl  what HAProxy is to compress
#   deliver.vcl    what a client is told
# What differs from site to site comes with each request: HAProxy says it in X-Footprint-Site and X-Footprint-Told-Apart.
# Every subroutine ends in a return: nothing of Varnish's built-in VCL runs.
vcl 4.1;

import saintmode;
import std;
import str;
import var;
import xkey;

# HAProxy's egress side: it knows the origins of each site by its Host.
backend egress {
    .path = "${SOCKETS.egress}";
    .connect_timeout = 1s;
    # Above HAProxy's own 60 s.
    .first_byte_timeout = 65s;
    .between_bytes_timeout = 65s;
}

sub vcl_init {
    # Remembers which objects an origin failed to give, so that many clients on one stale object do not all ask again.
    # The number is never reached: some objects that fail are no reason to give up on all others.
    new origins = saintmode.saintmode(egress, 1000000000);
    return (ok);
}

# Beside this file, wherever it is: a bundle is checked in another folder before it is put in place.
include "./purge.vcl";
include "./in_flight.vcl";
include "./peers.vcl";
include "./request.vcl";
include "./shared.vcl";
${shields ? 'include "./shield.vcl";\n' : ""}${cluster ? 'include "./ring.vcl";\n' : ""}include "./stale.vcl";
include "./response.vcl";
include "./ranges.vcl";
include "./compression.vcl";
include "./deliver.vcl";
`;
}
