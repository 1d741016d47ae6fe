import type { Case } from "./refusals";

/** Every region of the table, as a message names them. */
export const KNOWN_REGIONS =
  "af-south-1, ap-east-1, ap-east-2, ap-northeast-1, ap-northeast-2, ap-northeast-3, ap-south-1, ap-south-2, " +
  "ap-southeast-1, ap-southeast-2, ap-southeast-3, ap-southeast-4, ap-southeast-5, ap-southeast-6, ap-southeast-7, " +
  "ca-central-1, ca-west-1, eu-central-1, eu-central-2, eu-north-1, eu-south-1, eu-south-2, eu-west-1, eu-west-2, " +
  "eu-west-3, il-central-1, me-central-1, me-south-1, mx-central-1, sa-east-1, us-east-1, us-east-2, us-west-1, us-west-2";

/** Mistakes that take more than the shape of one value: about PoPs and about what is global. */
export const POP_CASES: readonly Case[] = [
  [
    "pops.us-east-1.zones",
    ["us-east-1a", "us-east-1b"],
    [
      'pops.us-east-1.zones[0]: must be the id of an availability zone, such as "use1-az1", got "us-east-1a"',
      'pops.us-east-1.zones[1]: must be the id of an availability zone, such as "use1-az1", got "us-east-1b"',
    ],
  ],
  [
    "pops.us-east-1.zones",
    [1, 2],
    ["pops.us-east-1.zones[0]: must be a text, got 1", "pops.us-east-1.zones[1]: must be a text, got 2"],
  ],
  ["pops.us-east-1.nodes.types", [7, "m7gd.large"], ["pops.us-east-1.nodes.types[0]: must be a text, got 7"]],
  [
    "pops.us-east-1.nodes.types",
    ["m7gd", "m7gd.large"],
    ['pops.us-east-1.nodes.types[0]: must be an EC2 instance type, such as "m7gd.large", got "m7gd"'],
  ],
  [
    "supernet",
    "10.0.0.0/7",
    [
      'supernet: must lie within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) or 100.64.0.0/10 (RFC 6598), got "10.0.0.0/7"',
      'supernet: must be a /8 to /20, got "10.0.0.0/7"',
    ],
  ],
  ["supernet", "10.64.0.0/21", ['supernet: must be a /8 to /20, got "10.64.0.0/21"']],
  [
    "supernet",
    "10.65.0.0/14",
    ['supernet: must begin at a multiple of its size, such as "10.64.0.0/14", got "10.65.0.0/14"'],
  ],
  [
    "supernet",
    "100.0.0.0/14",
    [
      'supernet: must lie within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) or 100.64.0.0/10 (RFC 6598), got "100.0.0.0/14"',
    ],
  ],
  [
    "supernet",
    "10.64.0.0/18",
    ['supernet: must be a /17 or wider to hold slot 4 of eu-west-1, got "10.64.0.0/18" with 4 slots'],
  ],
  [
    "image.us-est-1",
    "ami-00000000000000000",
    [`image: unknown region "us-est-1", did you mean "us-east-1"? known: ${KNOWN_REGIONS}`],
  ],
  [
    "image.us-east-1",
    undefined,
    ["image.us-east-1: must be set for a region that has a PoP: an image id, written by `footprint images`"],
  ],
  ["pops", {}, ["pops: must have at least one entry, got {}"]],
  [
    "acknowledge.optInRegions",
    ["af-south-2"],
    [`acknowledge.optInRegions[0]: unknown region "af-south-2", did you mean "af-south-1"? known: ${KNOWN_REGIONS}`],
  ],
  [
    "acknowledge.optInRegions",
    ["eu-west-1"],
    ["acknowledge.optInRegions[0]: must be an opt-in region: every account has eu-west-1"],
  ],
  [
    "acknowledge.optInRegions",
    ["af-south-1", "af-south-1"],
    ['acknowledge.optInRegions: must name a region once, got "af-south-1" twice'],
  ],
  [
    "metrics.sites",
    ["cdn.example.com", "cdn.example.com"],
    ['metrics.sites: must name a site once, got "cdn.example.com" twice'],
  ],
  ["metrics.sites", ["www.example.net"], ['metrics.sites[0]: must be one of the sites, got "www.example.net"']],
  ...[
    "otel.example.com:4318",
    "grpc://otel.example.com",
    "https://user@otel.example.com",
    "https://a.example.com/?x",
  ].map((otlp): Case => [
    "metrics.otlp",
    otlp,
    [
      `metrics.otlp: must be an http or https URL without user, query and fragment, such as "https://otel.example.com:4318", got "${otlp}"`,
    ],
  ]),
  [
    "alarms.emails",
    ["edge@example.com", "Edge@example.com"],
    ['alarms.emails: must name an address once, got "edge@example.com" twice'],
  ],
  ['tags["aws:team"]', "x", ['tags.aws:team: must not begin with "aws:", which AWS keeps to itself']],
  ['tags["AWS:team"]', "x", ['tags.AWS:team: must not begin with "aws:", which AWS keeps to itself']],
  ["tags.pop", "x", ['tags.pop: must differ from "Pop" in more than case: IAM takes them for one key']],
  [
    "tags",
    { Team: "x", team: "x" },
    [
      'tags.Team: must differ from "team" in more than case: IAM takes them for one key',
      'tags.team: must differ from "Team" in more than case: IAM takes them for one key',
    ],
  ],
  ["tags.Pop", "x", ["tags.Pop: must not be one of the footprint's own: Footprint, Pop, Name"]],
  ...["a&b", "&a", "a&", "cost/center", "Cost Center", "_index", ".", "..", ""].map(
    (key) =>
      [
        `tags["${key}"]`,
        "x",
        [
          `tags: must have keys of 1 to 128 letters a to z, digits and _ . : = + - @ (no others in instance metadata), got "${key}"`,
        ],
      ] as const,
  ),
  [
    `tags.${"a".repeat(129)}`,
    "x",
    [
      `tags: must have keys of 1 to 128 letters a to z, digits and _ . : = + - @ (no others in instance metadata), got "${"a".repeat(79)}...`,
    ],
  ],
  [
    "tags",
    Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`t${String(n)}`, "x"])),
    ["tags: must be at most 40, got 41"],
  ],
  // As Go's Time.String writes a point in time.
  ...[
    "2026-01-01 00:00:00 +0000 UTC",
    "2026-12-31 23:59:59.5 +0000 UTC",
    "2026-12-31 23:59:59.123456789 -0530 -0530",
  ].map((time): Case => [
    "tags.since",
    time,
    [
      `tags.since: must be quoted in the stack file, since YAML takes an unquoted date for a point in time, got "${time}"`,
    ],
  ]),
  ["pops.us-est-1", {}, [`pops: unknown region "us-est-1", did you mean "us-east-1"? known: ${KNOWN_REGIONS}`]],
  ["pops.mars-1", {}, [`pops: unknown region "mars-1"; known: ${KNOWN_REGIONS}`]],
  [
    "pops.af-south-1",
    {},
    [
      "image.af-south-1: must be set for a region that has a PoP: an image id, written by `footprint images`",
      'pops.af-south-1: must be acknowledged, since an account has to enable this region first: add "af-south-1" to acknowledge.optInRegions once it is enabled',
    ],
  ],
  [
    "pops",
    { "us-east-1": { state: "drained" }, "eu-west-1": { state: "drained" } },
    ["pops: must have at least one active PoP: with all of them drained no name has an answer"],
  ],
  ["pops.eu-west-1.zones", 4, ["pops.eu-west-1.zones: must be at most 3 in eu-west-1, got 4"]],
  [
    "pops.eu-west-1.zones",
    ["euw1-az1", "euw2-az1"],
    ['pops.eu-west-1.zones[1]: must be a zone of eu-west-1 (euw1-az1, euw1-az2, euw1-az3), got "euw2-az1"'],
  ],
  [
    "pops.us-east-1.zones",
    ["use1-az1", "use1-az3"],
    [
      'pops.us-east-1.zones[1]: must be a zone that has the instance types (use1-az1, use1-az2, use1-az4, use1-az5, use1-az6), got "use1-az3"',
    ],
  ],
  [
    "pops.eu-west-1.zones",
    ["euw1-az1", "euw1-az1"],
    ['pops.eu-west-1.zones: must name a zone once, got "euw1-az1" twice'],
  ],
  [
    "pops.us-east-1.nodes",
    { min: 12, max: 4 },
    ["pops.us-east-1.nodes: must have min at most max, got min 12 and max 4"],
  ],
  [
    "defaults.nodes",
    { min: 12, max: 8 },
    [
      "pops.eu-west-1.nodes: must have min at most max, got min 12 and max 8",
      "pops.us-east-1.nodes: must have min at most max, got min 12 and max 8",
    ],
  ],
  [
    "pops.us-east-1.nodes",
    { min: 8, max: 8, spotShare: 20 },
    ["pops.us-east-1.nodes.spotShare: must be 0 while max is min (8): only nodes above min are Spot, got 20"],
  ],
  [
    "pops.us-east-1",
    { crossZone: false, nodes: { min: 3 } },
    [
      "pops.us-east-1.crossZone: must be true or unset while nodes.min is below 6 (2 per zone: without it a lost node is a dead zone address), got false with nodes.min 3",
    ],
  ],
  [
    "defaults",
    { crossZone: false, nodes: { min: 5 } },
    [
      "pops.eu-west-1.crossZone: must be true or unset while nodes.min is below 6 (2 per zone: without it a lost node is a dead zone address), got false from defaults with nodes.min 5",
      "pops.us-east-1.crossZone: must be true or unset while nodes.min is below 6 (2 per zone: without it a lost node is a dead zone address), got false from defaults with nodes.min 5",
    ],
  ],
  [
    "pops.us-east-1.cidr",
    "10.64.0.0/15",
    [
      'pops.us-east-1.cidr: must not overlap 10.64.64.0/20 of eu-west-1, got "10.64.0.0/15"',
      'pops.us-east-1.cidr: must be a /16 to /24, got "10.64.0.0/15"',
    ],
  ],
  ["pops.us-east-1.cidr", "10.64.0.0/25", ['pops.us-east-1.cidr: must be a /16 to /24, got "10.64.0.0/25"']],
  [
    "pops.us-east-1.cidr",
    "10.64.1.0/20",
    ['pops.us-east-1.cidr: must begin at a multiple of its size, such as "10.64.0.0/20", got "10.64.1.0/20"'],
  ],
  [
    "pops.us-east-1.cidr",
    "52.0.0.0/20",
    [
      'pops.us-east-1.cidr: must lie within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) or 100.64.0.0/10 (RFC 6598), got "52.0.0.0/20"',
      'pops.us-east-1.cidr: must lie within the supernet 10.64.0.0/14, got "52.0.0.0/20"',
    ],
  ],
  [
    "pops.us-east-1.cidr",
    "10.0.0.0/20",
    ['pops.us-east-1.cidr: must lie within the supernet 10.64.0.0/14, got "10.0.0.0/20"'],
  ],
  [
    "pops.us-east-1.cidr",
    "10.64.64.0/20",
    ['pops.us-east-1.cidr: must not overlap 10.64.64.0/20 of eu-west-1, got "10.64.64.0/20"'],
  ],
  [
    "pops.us-east-1.nodes.types",
    ["m7gd.large", "m7gd.xxlarge"],
    [
      'pops.us-east-1.nodes.types[1]: unknown instance type "m7gd.xxlarge", did you mean "m7gd.2xlarge"? known types stand in infra/config/data/instanceTypes.json',
    ],
  ],
  [
    "pops.us-east-1.nodes.types",
    ["m7gd.large", "m5.large"],
    ['pops.us-east-1.nodes.types[1]: must be arm64 as the images are, got "m5.large" which is x86_64'],
  ],
  [
    "pops.us-east-1.nodes.types",
    ["m7gd.large", "m7gd.xlarge"],
    [
      "pops.us-east-1.nodes.types: must all have the same number of vCPUs, since connections are spread evenly, got m7gd.large (2), m7gd.xlarge (4)",
    ],
  ],
  [
    "pops.us-east-1.nodes.types",
    ["m7gd.large", "m7gd.large"],
    ['pops.us-east-1.nodes.types: must name a type once, got "m7gd.large" twice'],
  ],
  [
    "defaults.nodes.types",
    ["m7gd.large", "m7gx.large"],
    [
      'defaults.nodes.types[1]: unknown instance type "m7gx.large", did you mean "m7g.large"? known types stand in infra/config/data/instanceTypes.json',
    ],
  ],
  [
    "pops.ap-east-2",
    {},
    [
      "image.ap-east-2: must be set for a region that has a PoP: an image id, written by `footprint images`",
      "pops.ap-east-2.nodes.types: must be set in ap-east-2: the region table knows no instance types for it, look up which arm64 types it offers",
      'pops.ap-east-2: must be acknowledged, since an account has to enable this region first: add "ap-east-2" to acknowledge.optInRegions once it is enabled',
    ],
  ],
];
