import type { Case } from "./refusals";

/** Mistakes that take more than the shape of one value: about zones, sites and origins. */
export const SITE_CASES: readonly Case[] = [
  [
    'sites["cdn.example.com"].methods',
    ["GET", "HEAD", "TRACE"],
    ['sites["cdn.example.com"].methods[2]: must be one of GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE, got "TRACE"'],
  ],
  ["zones", {}, ["zones: must have at least one entry, got {}"]],
  ["sites", {}, ["sites: must have at least one entry, got {}"]],
  [
    "zones",
    { "Example.com": { create: true } },
    [
      'zones["Example.com"]: must be a domain name in lower case without a final dot, such as "example.com", got "Example.com"',
    ],
  ],
  [
    "zones",
    { "example.com": { create: true, primary: true }, "example.com.": { create: true } },
    [
      'zones: must name a zone once, got "example.com" in several spellings',
      'zones["example.com."]: must be a domain name in lower case without a final dot, such as "example.com", got "example.com."',
    ],
  ],
  [
    "zones",
    { "example.com": {} },
    ['zones["example.com"]: must have either the id of an existing zone or create: true, got neither'],
  ],
  [
    "zones",
    { "example.com": { create: true, id: "Z012" } },
    ['zones["example.com"]: must have either the id of an existing zone or create: true, got both'],
  ],
  [
    "zones",
    { "example.com": { id: "Z012", primary: true }, "example.net": { id: "Z012" } },
    ['zones: must use the id of a zone once, got "Z012" for several zones'],
  ],
  [
    "zones",
    { "example.com": { id: "Z012", primary: true }, "shop.example.com": { id: "Z013" } },
    [
      'zones["shop.example.com"].delegated: must be true, since the zone lies in example.com: the records of hosts in it stand here from then on, so hand them over first (runbook, "Hand a zone over")',
    ],
  ],
  [
    "zones",
    { "example.com": { id: "Z012", delegated: true } },
    ['zones["example.com"].delegated: must be left out: the zone lies in no other zone of the file'],
  ],
  [
    "popDomain",
    "pop.example.net",
    [
      'popDomain: must be a name below the primary zone and in no other one, such as "staging.pop.example.com", got "pop.example.net"',
    ],
  ],
  [
    "popDomain",
    "example.com",
    [
      'popDomain: must be a name below the primary zone and in no other one, such as "staging.pop.example.com", got "example.com"',
      'sites["cdn.example.com"]: must not lie at or below popDomain or pop.<zone>: those names belong to the single PoPs, got "cdn.example.com"',
    ],
  ],
  [
    "popDomain",
    "Pop.example.com",
    [
      'popDomain: must be a name below the primary zone and in no other one, such as "staging.pop.example.com", got "Pop.example.com"',
    ],
  ],
  [
    "popDomain",
    `${"a".repeat(51)}.example.com`,
    [
      'popDomain: must have at most 62 characters, since the name of an ACM certificate ("*." and this) has at most 64, got 63',
    ],
  ],
  [
    "popDomain",
    "cdn.example.com",
    [
      'sites["cdn.example.com"]: must not lie at or below popDomain or pop.<zone>: those names belong to the single PoPs, got "cdn.example.com"',
    ],
  ],
  [
    "zones",
    { "example.com": { id: "Z012" }, "example.net": { id: "Z013" } },
    [
      "zones: must have primary: true in exactly one of several zones (that one holds pop.<zone>, the names of the single PoPs), got it in none of example.com, example.net",
    ],
  ],
  [
    "zones",
    { "example.com": { id: "Z012", primary: true }, "example.net": { id: "Z013", primary: true } },
    [
      "zones: must have primary: true in exactly one of several zones (that one holds pop.<zone>, the names of the single PoPs), got it in example.com, example.net",
    ],
  ],
  [
    "zones",
    { "example.com": { create: true, primary: true }, "pop.example.com": { create: true, delegated: true } },
    [
      'zones["pop.example.com"]: must not lie at or below pop.<zone> of another zone: those names belong to the single PoPs',
    ],
  ],
  [
    "zones",
    {
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com": {
        create: true,
        primary: true,
        delegated: true,
      },
      "example.com": { create: true },
    },
    [
      'zones["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"]: must have at most 58 characters, since the name of an ACM certificate ("*.pop." and the zone) has at most 64, got 62',
    ],
  ],
  [
    'sites["*.example.com"].origin',
    "https://origin.example.net",
    ['sites["*.example.com"]: must be one host, since each has its own certificate and records, got "*.example.com"'],
  ],
  [
    'sites["CDN2.example.com"].origin',
    "https://origin.example.net",
    [
      'sites["CDN2.example.com"]: must be a host name in lower case without a final dot, such as "cdn.example.com", got "CDN2.example.com"',
    ],
  ],
  [
    'sites["cdn2.example.com."].origin',
    "https://origin.example.net",
    [
      'sites["cdn2.example.com."]: must be a host name in lower case without a final dot, such as "cdn.example.com", got "cdn2.example.com."',
    ],
  ],
  [
    'sites["c_dn.example.com"].origin',
    "https://origin.example.net",
    [
      'sites["c_dn.example.com"]: must be a host name in lower case without a final dot, such as "cdn.example.com", got "c_dn.example.com"',
    ],
  ],
  // The ASCII forms are those of Python's idna codec.
  [
    'sites["Bücher.example.com"].origin',
    "https://origin.example.net",
    [
      'sites["Bücher.example.com"]: must be a host name in lower case without a final dot, such as "cdn.example.com", got "Bücher.example.com"; in ASCII, as DNS has it, that is "xn--bcher-kva.example.com"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://例え.example.net:8443",
    [
      'sites["cdn.example.com"].origin: must have a host name in lower case without a final dot, of two labels or more, got "https://例え.example.net:8443"; in ASCII, as DNS has it, that is "xn--r8jz45g.example.net"',
    ],
  ],
  [
    'sites["CDN.example.com"].origin',
    "https://origin.example.net",
    [
      'sites: must name a host once, got "cdn.example.com" in several spellings',
      'sites["CDN.example.com"]: must be a host name in lower case without a final dot, such as "cdn.example.com", got "CDN.example.com"',
    ],
  ],
  [
    'sites["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"].origin',
    "https://origin.example.net",
    [
      'sites["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"]: must have at most 64 characters, the limit of an ACM certificate\'s name, got 65',
    ],
  ],
  [
    'sites["cdn.example.org"].origin',
    "https://origin.example.net",
    ['sites["cdn.example.org"]: must lie in one of the zones (example.com), got "cdn.example.org"'],
  ],
  [
    'sites["notexample.com"].origin',
    "https://origin.example.net",
    ['sites["notexample.com"]: must lie in one of the zones (example.com), got "notexample.com"'],
  ],
  [
    'sites["pop.example.com"].origin',
    "https://origin.example.net",
    [
      'sites["pop.example.com"]: must not lie at or below pop.<zone>: those names belong to the single PoPs, got "pop.example.com"',
    ],
  ],
  [
    'sites["eu-west-1.pop.example.com"].origin',
    "https://origin.example.net",
    [
      'sites["eu-west-1.pop.example.com"]: must not lie at or below pop.<zone>: those names belong to the single PoPs, got "eu-west-1.pop.example.com"',
    ],
  ],
  [
    "sites",
    Object.fromEntries(
      Array.from({ length: 25 }, (_, n) => [`s${String(n)}.example.com`, { origin: "https://origin.example.net" }]),
    ),
    [
      "sites: must be at most 24, one certificate each beside the default one of a load balancer, unless acknowledge.quotas.certificatesPerLoadBalancer says that AWS has raised the quota, got 25",
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "ftp://origin.example.net",
    ['sites["cdn.example.com"].origin: must begin with https:// (or http://), got "ftp://origin.example.net"'],
  ],
  [
    'sites["cdn.example.com"].origin',
    "origin.example.net",
    ['sites["cdn.example.com"].origin: must begin with https:// (or http://), got "origin.example.net"'],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://user:pass@origin.example.net",
    [
      'sites["cdn.example.com"].origin: must have no user name or password (the origin knows us by the originAuth secret), got "https://...@origin.example.net"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://origin.example.net/",
    [
      'sites["cdn.example.com"].origin: must have no path (a request\'s own path is passed on), not even a final /, got "https://origin.example.net/"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://origin.example.net/app",
    [
      'sites["cdn.example.com"].origin: must have no path (a request\'s own path is passed on), not even a final /, got "https://origin.example.net/app"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://origin.example.net?a=1",
    ['sites["cdn.example.com"].origin: must have no query and no fragment, got "https://origin.example.net?a=1"'],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://origin.example.net#x",
    ['sites["cdn.example.com"].origin: must have no query and no fragment, got "https://origin.example.net#x"'],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://origin.example.net:0",
    ['sites["cdn.example.com"].origin: must have a port of 1 to 65535, got "https://origin.example.net:0"'],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://origin.example.net:65536",
    ['sites["cdn.example.com"].origin: must have a port of 1 to 65535, got "https://origin.example.net:65536"'],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://192.0.2.1",
    [
      'sites["cdn.example.com"].origin: must name its host: an address has no certificate to verify and no SNI, got "https://192.0.2.1"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://[2001:db8::1]",
    [
      'sites["cdn.example.com"].origin: must name its host: an address has no certificate to verify and no SNI, got "https://[2001:db8::1]"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://Origin.example.net",
    [
      'sites["cdn.example.com"].origin: must have a host name in lower case without a final dot, of two labels or more, got "https://Origin.example.net"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://localhost",
    [
      'sites["cdn.example.com"].origin: must have a host name in lower case without a final dot, of two labels or more, got "https://localhost"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://cdn.example.com",
    [
      'sites["cdn.example.com"].origin: must not be one of the footprint\'s own names, which would be a loop, got "https://cdn.example.com"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    "https://eu-west-1.pop.example.com",
    [
      'sites["cdn.example.com"].origin: must not be one of the footprint\'s own names, which would be a loop, got "https://eu-west-1.pop.example.com"',
    ],
  ],
  [
    'sites["cdn.example.com"].origin',
    ["https://origin.example.net", "https://origin.example.net:443"],
    ['sites["cdn.example.com"].origin: must name an origin once, got "https://origin.example.net:443" twice'],
  ],
  [
    'sites["cdn.example.com"].origin',
    ["https://origin.example.net", "https://origin.example.net/x"],
    [
      'sites["cdn.example.com"].origin[1]: must have no path (a request\'s own path is passed on), not even a final /, got "https://origin.example.net/x"',
    ],
  ],
  [
    'sites["cdn.example.com"].cacheKey.query',
    ["a", "a"],
    ['sites["cdn.example.com"].cacheKey.query: must name each once, got "a" twice'],
  ],
  [
    'sites["cdn.example.com"].cacheKey.headers',
    ["Accept", "accept"],
    ['sites["cdn.example.com"].cacheKey.headers: must name each once, got "accept" twice'],
  ],
  [
    'sites["cdn.example.com"].cacheKey.cookies',
    ["a", "a"],
    ['sites["cdn.example.com"].cacheKey.cookies: must name each once, got "a" twice'],
  ],
  [
    'sites["cdn.example.com"].methods',
    ["GET", "HEAD", "GET"],
    ['sites["cdn.example.com"].methods: must name each once, got "GET" twice'],
  ],
  [
    'sites["cdn.example.com"].methods',
    ["GET", "POST"],
    [
      'sites["cdn.example.com"].methods: must include GET and HEAD, which every server supports (RFC 9110, section 9.1), got ["GET","POST"]',
    ],
  ],
  [
    'sites["cdn.example.com"].shield',
    "eu-central-1",
    [
      'sites["cdn.example.com"].shield: must be the region of an active PoP of this stack (eu-west-1, us-east-1), got "eu-central-1"',
    ],
  ],
  [
    'sites["cdn.example.com"].cacheKey.headers',
    ["Accept-Language", "content-length", "Cookie", "X-Forwarded-Host"],
    [
      'sites["cdn.example.com"].cacheKey.headers[1]: must be a request field that origins see as clients send it, got "content-length", which belongs to one connection or one message and ends at the node',
      'sites["cdn.example.com"].cacheKey.headers[2]: must be a request field that origins see as clients send it, got "Cookie", which is not taken as a whole: name single cookies in cacheKey.cookies',
      'sites["cdn.example.com"].cacheKey.headers[3]: must be a request field that origins see as clients send it, got "X-Forwarded-Host", which is written by the node itself',
    ],
  ],
  [
    'sites["cdn.example.com"].tagHeader',
    "Content-Length",
    [
      'sites["cdn.example.com"].tagHeader: must be a response field that holds tags and nothing else, such as "Surrogate-Key", got "Content-Length", which frames the response or belongs to one connection',
    ],
  ],
  [
    'sites["cdn.example.com"].tagHeader',
    "Set-Cookie",
    [
      'sites["cdn.example.com"].tagHeader: must be a response field that holds tags and nothing else, such as "Surrogate-Key", got "Set-Cookie", which says whether and for whom a response may be stored',
    ],
  ],
  [
    "sites",
    Object.fromEntries(
      Array.from({ length: 1001 }, (_, n) => [
        `s${String(n)}.example.com`,
        { origin: ["https://origin.example.net", "https://origin.example.org"] },
      ]),
    ),
    [
      "sites: must be at most 24, one certificate each beside the default one of a load balancer, unless acknowledge.quotas.certificatesPerLoadBalancer says that AWS has raised the quota, got 1001",
      "sites: must be at most 1000, as many as a node was measured with: put the others into another footprint, got 1001",
      "sites: must have at most 2000 origins all together, as many as a node was measured with (one that serves several sites counts for each), got 2002",
    ],
  ],
];
