import type { Site } from "../../../components/node/site";

/** Two sites that between them use every setting that a renderer reads. */
export const SITES: readonly Site[] = [
  {
    host: "cdn.example.com",
    origins: [{ scheme: "https", host: "origin.example.org", port: 443 }],
    originHost: "origin",
    cacheKey: { query: "all", headers: [], cookies: [] },
    stale: { whileRevalidate: 60, ifError: 86_400 },
    maxAge: 3600,
    methods: ["GET", "HEAD", "OPTIONS"],
    websocket: false,
    compression: true,
    clientAddress: "full",
    redirectStatus: 308,
    tagHeader: "Surrogate-Key",
  },
  {
    host: "shop.example.com",
    origins: [
      { scheme: "https", host: "shop-a.example.org", port: 8443 },
      { scheme: "http", host: "shop-b.example.org", port: 80 },
    ],
    originHost: "site",
    cacheKey: { query: ["page"], headers: ["Accept-Language"], cookies: ["currency"] },
    stale: { whileRevalidate: 0, ifError: 0 },
    maxAge: 60,
    methods: ["GET", "POST"],
    websocket: true,
    compression: false,
    clientAddress: "truncated",
    redirectStatus: 301,
    tagHeader: "Cache-Tag",
  },
];

export const POP_NAME = "eu-west-1.pop.example.com";
