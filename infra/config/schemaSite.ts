import { z } from "zod";
import { FIELD_NAME } from "../../components/node/fieldNames";

const fieldName = z
  .string()
  .regex(FIELD_NAME, 'must be the name of an HTTP field, of letters, digits and hyphens, such as "Accept-Language"');

/** A cookie's name is a token too (RFC 6265, section 4.1.1). */
const cookieName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'must be the name of a cookie, such as "currency"');

// No delimiter of a query string: "a=b" would be a parameter with its value.
const queryName = z.string().regex(/^[^=&#?\s]{1,128}$/, 'must be the name of a query parameter, such as "page"');

const DAY = 86_400;

// The text only keeps apart what is an origin at all; scheme, host, path and the rest are rules of their own.
const origin = z.string().meta({ description: "https://host[:port], or http:// where the origin has no TLS." });

/** One site: a host name and how it is cached. */
export const siteSchema = z
  .strictObject({
    origin: z.union([origin, z.array(origin).min(1)]).meta({
      description:
        "Where the site comes from: https://host[:port], no path. A list is in failover order: the first healthy one is used.",
    }),
    originHost: z.enum(["origin", "site"]).default("origin").meta({
      description:
        "Host that origins are asked by. origin: their own name, since a shared service (a bucket, a platform) knows no other; the site's is in X-Forwarded-Host. site: the site's own, for an application that would redirect any other name or build links with it. TLS goes by the origin's name in either case.",
    }),
    shield: z.string().optional().meta({
      description:
        "Region of one of this stack's active PoPs, by which all others ask the origins: of what it has stored an origin hears once, however many PoPs there are. Choose the one that is near the origin (`footprint advise`). While it is down or drained, the others ask the origins themselves. Default: none.",
    }),
    dns: z.enum(["now", "later"]).default("now").meta({
      description:
        "later: everything stands, certificates too, and no record of the host is touched: another CDN goes on serving it until `footprint cutover`. now: the host leads here.",
    }),
    cacheKey: z
      .strictObject({
        query: z
          .union([z.enum(["all", "none"]), z.array(queryName).min(1)])
          .default("all")
          .meta({ description: "Query parameters that tell responses apart: all, none, or these names." }),
        headers: z
          .array(fieldName)
          .default([])
          .meta({ description: "Request fields that tell responses apart, beside what Vary names." }),
        cookies: z.array(cookieName).default([]).meta({ description: "Cookies that tell responses apart." }),
      })
      .prefault({})
      .meta({ description: "What tells stored responses apart, beside host and path." }),
    stale: z
      .strictObject({
        whileRevalidate: z
          .int()
          .min(0)
          .max(30 * DAY)
          .default(60)
          .meta({
            description:
              "Seconds for which a stale response is used while a fresh one is fetched (RFC 5861), a tenth of its lifetime at most, unless the response says otherwise.",
          }),
        ifError: z
          .int()
          .min(0)
          .max(30 * DAY)
          .default(DAY)
          .meta({
            description:
              "Seconds for which a stale response that had a lifetime of its own is used when the origin fails (RFC 5861), unless the response says otherwise. A day outlasts most outages of an origin.",
          }),
      })
      .prefault({})
      .meta({ description: "Use of stale responses." }),
    maxAge: z
      .int()
      .min(1)
      // RFC 9111 sets no bound; a year is the most that was ever advised (RFC 2616, section 14.21).
      .max(365 * DAY)
      .default(DAY)
      .meta({
        description:
          "Upper bound of a stored response's freshness lifetime, seconds. A day, as at Wikimedia: what no purge reached is gone the next day.",
      }),
    methods: z
      .array(z.enum(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]))
      .min(1)
      .default(["GET", "HEAD"])
      .meta({
        description:
          "Methods that the site answers; any other is refused with 405. GET and HEAD are always among them (RFC 9110).",
      }),
    websocket: z.boolean().default(false).meta({
      description:
        "Pass WebSocket (RFC 6455, 8441) and server-sent events (Accept: text/event-stream) on to the origin, past the cache. Each holds a connection to the origin; components/node/README.md has the bounds.",
    }),
    compression: z.boolean().default(true).meta({
      description:
        "Compress (gzip) text of 1,000 bytes and more that the origin sends uncompressed, stored or not, for clients that take it. Its ETag becomes weak, for these clients; where methods has PUT, PATCH or DELETE, what has a strong ETag is not compressed.",
    }),
    clientAddress: z.enum(["full", "truncated", "none"]).default("full").meta({
      description:
        "What of a client's address the nodes' access log gets. truncated: its network alone, /24 of IPv4 and /48 of IPv6. none: 0.0.0.0. Requests that are of no site keep theirs, and the load balancer's own log has all of them.",
    }),
    redirectStatus: z.literal([301, 308]).default(308).meta({
      description:
        "Status with which port 80 redirects to https. 308 keeps method and body (RFC 9110, section 15.4.9).",
    }),
    tagHeader: fieldName.default("Surrogate-Key").meta({
      description: "Response field in which the origin names a response's tags for purging; not passed to clients.",
    }),
  })
  .meta({ description: "A site, by its host name." });
