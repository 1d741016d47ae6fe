import { z } from "zod";
import type { Entity } from "../../sandbox/aws/world";

/** A hosted zone, its name in lower case and without the dot at the end. */
export interface HostedZone {
  readonly id: string;
  readonly name: string;
  readonly nameServers: readonly string[];
}

/** Of zones that were there before the program: those of AWS's documentation, which no zone has. */
const NAME_SERVERS = [
  "ns-2048.awsdns-64.com",
  "ns-2049.awsdns-65.net",
  "ns-2050.awsdns-66.org",
  "ns-2051.awsdns-67.co.uk",
];

/** A record set as `aws.route53.Record` declares it. */
export interface RecordSet {
  readonly zoneId: string;
  /** In lower case, without the dot at the end. */
  readonly name: string;
  readonly type: RecordType;
  readonly value: Values | Alias;
  /** Null for a simple record. */
  readonly latencyRegion: string | null;
  readonly healthCheckId: string | null;
}

/** Values as Route 53 takes them: an address, a name, `0 issue "amazon.com"`. */
export interface Values {
  readonly kind: "values";
  /** Seconds. */
  readonly ttl: number;
  readonly values: readonly string[];
}

/** The addresses of a load balancer, under another name. */
export interface Alias {
  readonly kind: "alias";
  /** DNS name of the load balancer, in lower case, without the dot at the end. */
  readonly target: string;
  /** Whether the record is healthy only while the load balancer is. */
  readonly evaluateTargetHealth: boolean;
}

export type RecordType = (typeof RECORD_TYPES)[number];

/** What the program declares; Route 53 has more. */
const RECORD_TYPES = ["A", "AAAA", "CAA", "CNAME"] as const;

/** A health check of an endpoint by HTTPS. */
export interface HealthCheck {
  readonly id: string;
  /** By this name the address is found; it is also the Host and, with SNI, the name in the TLS handshake. */
  readonly fqdn: string;
  readonly port: number;
  readonly path: string;
  readonly sni: boolean;
  /** Seconds from one request of a checker to its next. */
  readonly interval: number;
  /** Answers in a row that change a checker's mind. */
  readonly threshold: number;
  /** Checks nothing and counts as healthy. */
  readonly disabled: boolean;
}

/** What Route 53 has been told. */
export interface Declared {
  readonly zones: readonly HostedZone[];
  readonly records: readonly RecordSet[];
  readonly healthChecks: readonly HealthCheck[];
}

const name = z
  .string()
  .refine((text) => !text.startsWith("*"), "the program declares no wildcard")
  .transform((text) => text.toLowerCase().replace(/\.$/, ""));

const zoneSchema = z.object({ zoneId: z.string(), name, nameServers: z.array(z.string()).default(NAME_SERVERS) });

/** Strict, so that a routing policy that nobody here knows is an error and not a simple record. */
const recordSchema = z.strictObject({
  zoneId: z.string(),
  name,
  type: z.enum(RECORD_TYPES),
  ttl: z.int().min(0).optional(),
  records: z.array(z.string()).optional(),
  aliases: z
    .array(z.strictObject({ name, zoneId: z.string(), evaluateTargetHealth: z.boolean() }))
    .max(1)
    .optional(),
  setIdentifier: z.string().optional(),
  latencyRoutingPolicies: z
    .array(z.strictObject({ region: z.string() }))
    .max(1)
    .optional(),
  healthCheckId: z.string().optional(),
  // Of the engine alone.
  id: z.string(),
  fqdn: z.string(),
  allowOverwrite: z.boolean().optional(),
});

const healthCheckSchema = z.strictObject({
  type: z.literal("HTTPS"),
  fqdn: name,
  port: z.int(),
  resourcePath: z.string(),
  enableSni: z.boolean().default(true),
  requestInterval: z.int(),
  failureThreshold: z.int(),
  disabled: z.boolean(),
  id: z.string(),
  arn: z.string(),
  measureLatency: z.literal(false),
  tags: z.record(z.string(), z.string()).optional(),
  tagsAll: z.record(z.string(), z.string()).optional(),
});

/**
 * What the stand-in's world holds of Route 53.
 *
 * @throws Error for a kind of record or health check that the program does not declare today, and the lab does not know
 */
export function declared(entities: readonly Entity[]): Declared {
  const of = <T>(type: string, schema: z.ZodType<T>): readonly T[] =>
    entities.filter((entity) => entity.type === type).map((entity) => read(entity, schema));
  return {
    zones: of("aws:route53/zone:Zone", zoneSchema).map(({ zoneId, ...zone }) => ({ id: zoneId, ...zone })),
    records: of("aws:route53/record:Record", recordSchema).map(recordSet),
    healthChecks: of("aws:route53/healthCheck:HealthCheck", healthCheckSchema).map((check) => ({
      id: check.id,
      fqdn: check.fqdn,
      port: check.port,
      path: check.resourcePath,
      sni: check.enableSni,
      interval: check.requestInterval,
      threshold: check.failureThreshold,
      disabled: check.disabled,
    })),
  };
}

function recordSet(record: z.infer<typeof recordSchema>): RecordSet {
  const [alias] = record.aliases ?? [];
  return {
    zoneId: record.zoneId,
    name: record.name,
    type: record.type,
    value:
      alias === undefined
        ? { kind: "values", ttl: record.ttl ?? 0, values: record.records ?? [] }
        : { kind: "alias", target: alias.name, evaluateTargetHealth: alias.evaluateTargetHealth },
    latencyRegion: record.latencyRoutingPolicies?.[0]?.region ?? null,
    healthCheckId: record.healthCheckId ?? null,
  };
}

function read<T>({ id, type, properties }: Entity, schema: z.ZodType<T>): T {
  const { success, data, error } = schema.safeParse(properties);
  if (!success) {
    const kind = type.slice(type.lastIndexOf(":") + 1);
    throw new Error(`the lab's Route 53 does not know this ${kind} (${id}): ${z.prettifyError(error)}`);
  }
  return data;
}
