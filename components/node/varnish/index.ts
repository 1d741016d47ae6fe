import type { NodeFiles } from "../nodeFiles";
import type { NodeOptions } from "../options";
import { compressionVcl } from "./compression";
import { deliverVcl } from "./deliver";
import { inFlightVcl } from "./inFlight";
import { mainVcl } from "./main";
import { peersVcl } from "./peers";
import { purgeVcl } from "./purge";
import { rangesVcl } from "./ranges";
import { requestVcl } from "./request";
import { responseVcl } from "./response";
import { ringVcl } from "./ring";
import { shieldVcl } from "./shield";
import { sharedVcl } from "./shared";
import { staleVcl } from "./stale";

/** Renders Varnish's configuration. It is the same for all sites: what differs comes with each request. */
export function varnishFiles({ popName, region, sites, cluster = false }: NodeOptions): NodeFiles {
  const shields = sites.some(({ shield }) => shield !== undefined);
  return {
    "/etc/varnish/default.vcl": mainVcl({ shields, cluster }),
    "/etc/varnish/request.vcl": requestVcl(),
    "/etc/varnish/purge.vcl": purgeVcl(),
    "/etc/varnish/shared.vcl": sharedVcl(),
    "/etc/varnish/in_flight.vcl": inFlightVcl(),
    "/etc/varnish/peers.vcl": peersVcl(region, cluster),
    ...(shields ? { "/etc/varnish/shield.vcl": shieldVcl() } : {}),
    ...(cluster ? { "/etc/varnish/ring.vcl": ringVcl() } : {}),
    "/etc/varnish/stale.vcl": staleVcl({ shields, cluster }),
    "/etc/varnish/response.vcl": responseVcl({ shields, cluster }),
    "/etc/varnish/ranges.vcl": rangesVcl(),
    "/etc/varnish/compression.vcl": compressionVcl(),
    "/etc/varnish/deliver.vcl": deliverVcl(popName, { shields, cluster }),
  };
}
