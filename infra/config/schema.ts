import { z } from "zod";
import { METRICS_SITES_LIMIT, OBJECTIVE_BOUNDS, OBJECTIVES } from "../../components/metrics";
import { TLS_POLICIES } from "../../components/tlsPolicies";
import { BLOCK_PATTERN } from "./addresses";
import { defaultsSchema, popSchema } from "./schemaPop";
import { siteSchema } from "./schemaSite";

/** An image id that stands in until `footprint images` has resolved the real one: the plan reports it. */
export const PLACEHOLDER_IMAGE = "ami-00000000000000000";

/**
 * The same for the bucket of the nodes' packages. AWS keeps names that begin so for its documentation: nobody can have
 * a bucket of that name, so nobody's is asked for by mistake.
 */
export const PLACEHOLDER_BUCKET = "amzn-s3-demo-bucket";

const { availability: AVAILABILITY, firstByte: FIRST_BYTE } = OBJECTIVE_BOUNDS;

function tlsPolicyError(issue: { readonly input?: unknown }): string | undefined {
  return typeof issue.input === "string" && issue.input.startsWith("ELBSecurityPolicy-TLS13-1-3-")
    ? `must speak TLS 1.2 also: Route 53's health checks speak TLS 1.0 to 1.2, so a policy with TLS 1.3 only makes every PoP unhealthy; allowed: ${TLS_POLICIES.join(", ")}`
    : undefined;
}

const zoneSchema = z
  .strictObject({
    id: z
      .string()
      // Route 53: an id has at most 32 characters.
      .regex(/^Z[A-Z0-9]{1,31}$/, 'must be the id of a hosted zone, such as "Z0123456789ABCDEFGHIJ"')
      .optional()
      .meta({ description: "Id of an existing public hosted zone (`footprint zone-id NAME` prints it)." }),
    create: z
      .literal(true)
      .optional()
      .meta({ description: "The stack makes the zone; its name servers are an output." }),
    primary: z.literal(true).optional().meta({
      description: "This zone holds pop.<zone>, the names of the single PoPs. Needed when there are several zones.",
    }),
    handOver: z.literal(true).optional().meta({
      description:
        'The zone is on its way to another id, or from one: its guard lets go, and records that are there already are taken over (runbook, "Hand a zone over").',
    }),
    delegated: z.literal(true).optional().meta({
      description:
        "The zone lies in another one of the file and is delegated there: hosts in it have their records here. Needed for such a zone.",
    }),
    caaAtApex: z.boolean().default(false).meta({
      description: "Put a CAA record at the apex also: it governs every name of the zone, not only our sites.",
    }),
  })
  .meta({ description: "A hosted zone, by its name: either its `id` or `create: true`." });

const imageId = z
  .string()
  .regex(
    /^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$/,
    "must be the id of a machine image: ami- and 17 (or 8) hexadecimal digits",
  );

/** S3, "General purpose bucket naming rules"; the placeholder is the one name of its kind that passes. */
const bucketName = z
  .string()
  .min(3)
  .max(63)
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
    'must be the name of a bucket, of lower-case letters, digits, dots and hyphens, such as "my-edge-packages"',
  )
  .regex(
    new RegExp(
      `^(?:${PLACEHOLDER_BUCKET}$|(?!xn--|sthree-|amzn-s3-demo-|[0-9]+(?:\\.[0-9]+){3}$)(?!.*(?:\\.\\.|-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3)))`,
    ),
    "must not have two dots in a row, be an address, or be of a form that S3 keeps for itself (xn--..., ...--x-s3 and the like)",
  );

/** Generation of a secret. */
const generation = z.int().min(1).default(1);

/** A tag's value: AWS's limits that hold for every service ("Tag restrictions"). */
const tagValue = z
  .string()
  .max(256)
  .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, "must have only letters, digits, spaces and _ . : / = + - @");

/** The keys of a stack file that begin with `footprint:`, without that prefix. */
export const footprintSchema = z.strictObject({
  zones: z
    .record(z.string(), zoneSchema)
    .meta({ description: "Hosted zones by name. A site belongs to the longest one that its host ends with." }),
  sites: z.record(z.string(), siteSchema).meta({ description: "Sites by host name." }),
  popDomain: z.string().optional().meta({
    description:
      "Where the names of the single PoPs live, below the primary zone: each stack that shares a zone with another one has its own. Unset: pop.<primary zone>.",
  }),
  originPorts: z.array(z.int().min(1).max(65_535)).default([]).meta({
    description:
      'Ports that nodes may reach beside 443 and those of the origins of `sites`: one that no origin has any more stays here until all nodes have followed (runbook, "An edit that takes two steps").',
  }),
  image: z.record(z.string(), imageId).meta({
    description: `Machine image of each region (arm64, Debian 13), by region; \`footprint images\` writes it. ${PLACEHOLDER_IMAGE} stands in until then: the plan takes it, a deployment does not.`,
  }),
  packages: z
    .strictObject({
      bucket: bucketName.meta({
        description: `Bucket that \`footprint node publish\` has put the archive into, in any region that this account may read. ${PLACEHOLDER_BUCKET} stands in until then: the plan takes it, a deployment does not.`,
      }),
    })
    .meta({
      description:
        "Debian packages of the nodes: one archive, locked by version and hash, copied from here into each region's store.",
    }),
  defaults: defaultsSchema,
  pops: z.record(z.string(), popSchema).meta({ description: "PoPs by region." }),
  supernet: z
    .string()
    .regex(BLOCK_PATTERN, "must be an IPv4 block such as 10.64.0.0/14")
    .default("10.64.0.0/14")
    .meta({ description: "Private IPv4 block from which each region takes its own /20. A /14 has 64 of them." }),
  healthCheck: z
    .strictObject({
      interval: z
        .literal([10, 30])
        .default(10)
        .meta({ description: "Seconds between two checks by one of Route 53's checkers; 10 costs more than 30." }),
      // Route 53 takes 1 to 10.
      threshold: z.int().min(1).max(10).default(3).meta({
        description: "Failures in a row until a PoP is unhealthy. Failover takes interval x threshold + 60 s.",
      }),
    })
    .prefault({})
    .meta({ description: "Route 53's checks of each PoP." }),
  tlsPolicy: z
    .enum(TLS_POLICIES, { error: tlsPolicyError })
    .default("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")
    .meta({
      description:
        "Security policy of the load balancers' TLS listeners. The default is the one that AWS advises (2025-09).",
    }),
  logs: z
    .strictObject({
      flow: z
        .enum(["rejected", "all"])
        .default("rejected")
        .meta({ description: "Which connections the VPC flow logs record; all of them cost per client connection." }),
      retention: z.int().min(1).max(3650).default(30).meta({ description: "Days that flow and access logs are kept." }),
    })
    .prefault({})
    .meta({ description: "Flow and access logs." }),
  protection: z
    .boolean()
    .default(true)
    .meta({ description: "Protect what may not be lost. Off, then `up`, then `destroy` is how a footprint ends." }),
  purge: z
    .strictObject({
      // S3's service level is 99.9 % a month, so its region may be away for 43 minutes without a breach: an hour
      // keeps such an incident from moving a region's traffic, and bounds how long a purge can stay unseen.
      maxStaleness: z.int().min(60).max(86_400).default(3600).meta({
        description:
          "Seconds after which a PoP that cannot read the purge log takes itself out of routing. An hour: longer than the 43 minutes a month that S3's service level (99.9 %) allows.",
      }),
    })
    .prefault({})
    .meta({ description: "Purging." }),
  secrets: z
    .strictObject({
      originAuth: generation.meta({
        description:
          "Generation of the header value that proves to origins that a request comes from this edge. Raising it by one rotates it.",
      }),
      purge: generation.meta({ description: "Generation of the key that signs purges. Raising it by one rotates it." }),
      configuration: generation.meta({
        description:
          "Generation of the key with which the program signs what nodes run. Raising it by one rotates it, and replaces the nodes, a few at a time.",
      }),
    })
    .prefault({})
    .meta({ description: "Generations of the footprint's secrets; the values are never in a file." }),
  permissionsBoundary: z
    .string()
    .regex(
      /^arn:aws:iam::\d{12}:policy\/[\w+=,.@/-]{1,512}$/,
      'must be the ARN of a managed policy, such as "arn:aws:iam::111122223333:policy/footprint-boundary-nodes"',
    )
    .optional()
    .meta({
      description:
        "Managed policy that bounds what the nodes' roles may do, whatever their own policy says (`.github/aws/boundary-nodes.json`). Unset: none.",
    }),
  volumeKey: z
    .string()
    .regex(
      // `alias/aws/` is AWS's (KMS API Reference, CreateAlias).
      /^alias\/(?!aws\/)[A-Za-z0-9/_-]{1,250}$/,
      'must be the alias of a KMS key of your own, such as "alias/edge-volumes"',
    )
    .optional()
    .meta({
      description:
        "Alias of the KMS key that encrypts the nodes' root volumes: each PoP's region has one of that name, whose policy lets Auto Scaling's service-linked role use it (`footprint check` looks). Unset: AWS's own, `alias/aws/ebs`. A change replaces the nodes, a few at a time.",
    }),
  tags: z.record(z.string(), tagValue).default({}).meta({
    description:
      "Tags of every resource that takes tags, at most 40 beside the footprint's own. Zones and health checks take ten tags: with more than seven here they have the footprint's own alone.",
  }),
  metrics: z
    .strictObject({
      cloudwatch: z.boolean().default(true).meta({
        description:
          "Nodes publish to CloudWatch of their region once a minute, and alarms go by it. AWS bills metrics, calls and alarms; the plan says how much.",
      }),
      sites: z.array(z.string()).max(METRICS_SITES_LIMIT).default([]).meta({
        description:
          "Hosts of sites that have metrics and objectives of their own, beside the whole PoP's. AWS bills each; the plan says how much.",
      }),
      otlp: z.string().optional().meta({
        description:
          'URL of a collector that takes OTLP over HTTP from anyone who reaches it, such as "https://otel.example.com:4318", without `/v1/metrics`. Unset: none.',
      }),
    })
    .prefault({})
    .meta({ description: "Where nodes publish what they count. Serving depends on none of it." }),
  alarms: z
    .strictObject({
      emails: z
        .array(
          z
            .string()
            .regex(
              /^[^\s@,;<>"]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/,
              'must be an e-mail address, such as "edge@example.com"',
            ),
        )
        .default([])
        .meta({ description: "Addresses that receive alarms; each must confirm a message of AWS once." }),
      objectives: z
        .strictObject({
          availability: z.number().min(AVAILABILITY[0]).max(AVAILABILITY[1]).default(OBJECTIVES.availability).meta({
            description: "Percent of requests that are not answered with 500 and above.",
          }),
          firstByte: z.int().min(FIRST_BYTE[0]).max(FIRST_BYTE[1]).default(OBJECTIVES.firstByte).meta({
            description: "Milliseconds within which 99 percent of GET and HEAD requests have their first byte.",
          }),
        })
        .prefault({})
        .meta({
          description:
            "What users of each PoP, and of each site in `metrics.sites`, are promised over 30 days; alarms ring when the budget of exceptions burns too fast.",
        }),
    })
    .prefault({})
    .meta({ description: "What alarms go by, and who hears of them." }),
  acknowledge: z
    .strictObject({
      optInRegions: z
        .array(z.string())
        .default([])
        .meta({ description: "Opt-in regions that have been enabled in the account." }),
      quotas: z
        .strictObject({
          certificatesPerLoadBalancer: z.int().min(26).optional().meta({
            description:
              'Raised quota "Certificates per Network Load Balancer" in every region of the footprint; AWS\'s own is 25.',
          }),
        })
        .prefault({})
        .meta({ description: "Service quotas that AWS has raised for the account." }),
    })
    .prefault({})
    .meta({ description: "What the operator has seen to in the AWS account." }),
});

/** The checked content of a stack file, static defaults applied. */
export type StackInput = z.output<typeof footprintSchema>;
export type SiteInput = StackInput["sites"][string];
export type PopInput = StackInput["pops"][string];
