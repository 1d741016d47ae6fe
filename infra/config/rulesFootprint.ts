import { otlpProblem } from "../../components/metrics";
import { didYouMean, formatValue } from "./problems";
import { twice, type Rule, type RuleContext } from "./rule";

/**
 * Longest stack name. It is part of physical names beside a region (14 characters for ap-southeast-2), a role and
 * Pulumi's suffix of 8; the shortest limit among those is an S3 bucket's, 63.
 */
export const STACK_NAME_LIMIT = 24;

/** "Certificates per Network Load Balancer" (AWS, "Quotas for your Network Load Balancers"). */
const CERTIFICATES_PER_LOAD_BALANCER = 25;

/** Tags that the footprint sets itself. */
const OWN_TAGS: readonly string[] = ["Footprint", "Pop", "Name"];

/** AWS allows 50 tags on a resource; ten are left to the footprint and to AWS's own services. */
const TAG_LIMIT = 40;

/** `unknown region "us-est-1", did you mean "us-east-1"? known: ...`. */
export function unknownRegion(code: string, context: RuleContext): string {
  const codes = [...context.regions.keys()].sort();
  return `unknown region "${code}"${didYouMean(code, codes) || ";"} known: ${codes.join(", ")}`;
}

const stackName: Rule = {
  id: "stack-name",
  check: ({ stack }) =>
    new RegExp(`^[a-z][a-z0-9-]{0,${String(STACK_NAME_LIMIT - 1)}}$`).test(stack)
      ? []
      : [
          {
            path: ["stack"],
            message: `must be a lower-case letter and then letters, digits or hyphens, at most ${String(STACK_NAME_LIMIT)} (it becomes part of bucket and role names), got ${formatValue(stack)}`,
          },
        ],
};

const homeRegion: Rule = {
  id: "home-region",
  check: (context) => {
    const home = context.homeRegion;
    if (home === undefined) {
      return [{ path: ["aws:region"], message: "must be set: the home of what is global, such as us-east-1" }];
    }
    return context.regions.has(home) ? [] : [{ path: ["aws:region"], message: unknownRegion(home, context) }];
  },
};

const notEmpty: Rule = {
  id: "not-empty",
  check: ({ input, entire }) =>
    (["zones", "sites", "pops"] as const)
      .filter((key) => entire(key) && Object.keys(input[key]).length === 0)
      .map((key) => ({ path: [key], message: "must have at least one entry, got {}" })),
};

const imageRegion: Rule = {
  id: "image-region",
  check: (context) =>
    Object.keys(context.input.image)
      .filter((code) => !context.regions.has(code))
      .map((code) => ({ path: ["image"], message: unknownRegion(code, context) })),
};

const imageMissing: Rule = {
  id: "image-missing",
  check: ({ input, known, regions }) =>
    Object.keys(input.pops)
      .filter((code) => regions.has(code) && input.image[code] === undefined && known("image", code))
      .map((code) => ({
        path: ["image", code],
        message: "must be set for a region that has a PoP: an image id, written by `footprint images`",
      })),
};

/**
 * One certificate per site, and the listener's default one. AWS's page for Application Load Balancers says that the
 * quota leaves the default certificate out; its page for Network Load Balancers does not, so here it counts.
 */
const certificateQuota: Rule = {
  id: "certificate-quota",
  check: ({ input, known }) => {
    const path = ["acknowledge", "quotas", "certificatesPerLoadBalancer"];
    const quota = input.acknowledge.quotas.certificatesPerLoadBalancer ?? CERTIFICATES_PER_LOAD_BALANCER;
    const hosts = Object.keys(input.sites).length;
    return hosts + 1 <= quota || !known(...path)
      ? []
      : [
          {
            path: ["sites"],
            message: `must be at most ${String(quota - 1)}, one certificate each beside the default one of a load balancer, unless acknowledge.quotas.certificatesPerLoadBalancer says that AWS has raised the quota, got ${String(hosts)}`,
          },
        ];
  },
};

const acknowledgedRegion: Rule = {
  id: "acknowledged-region",
  check: (context) =>
    context.input.acknowledge.optInRegions.flatMap((code, position) => {
      const path = ["acknowledge", "optInRegions", position];
      const known = context.regions.get(code);
      if (known === undefined) {
        return [{ path, message: unknownRegion(code, context) }];
      }
      return known.optIn ? [] : [{ path, message: `must be an opt-in region: every account has ${code}` }];
    }),
};

const acknowledgedTwice: Rule = {
  id: "acknowledged-twice",
  check: ({ input }) => twice(["acknowledge", "optInRegions"], "a region", input.acknowledge.optInRegions),
};

const alarmEmailTwice: Rule = {
  id: "alarm-email-twice",
  check: ({ input }) =>
    twice(
      ["alarms", "emails"],
      "an address",
      input.alarms.emails.map((email) => email.toLowerCase()),
    ),
};

const metricsSite: Rule = {
  id: "metrics-site",
  check: ({ input, entire }) =>
    input.metrics.sites.flatMap((host, position) => {
      const hosts = Object.keys(input.sites);
      return !entire("sites") || hosts.includes(host)
        ? []
        : [{ path: ["metrics", "sites", position], message: `must be one of the sites, got "${host}"` }];
    }),
};

const metricsSiteTwice: Rule = {
  id: "metrics-site-twice",
  check: ({ input }) => twice(["metrics", "sites"], "a site", input.metrics.sites),
};

const metricsOtlp: Rule = {
  id: "metrics-otlp",
  check: ({ input: { metrics } }) => {
    const problem = metrics.otlp === undefined ? undefined : otlpProblem(metrics.otlp);
    return problem === undefined
      ? []
      : [{ path: ["metrics", "otlp"], message: `${problem}, got ${formatValue(metrics.otlp)}` }];
  },
};

const tagReserved: Rule = {
  id: "tag-reserved",
  check: ({ input }) =>
    Object.keys(input.tags).flatMap((key) => {
      if (key.toLowerCase().startsWith("aws:")) {
        return [{ path: ["tags", key], message: 'must not begin with "aws:", which AWS keeps to itself' }];
      }
      return OWN_TAGS.includes(key)
        ? [{ path: ["tags", key], message: `must not be one of the footprint's own: ${OWN_TAGS.join(", ")}` }]
        : [];
    }),
};

/**
 * Nodes learn their group's name from their tags, and an instance whose metadata shows its tags does not start with
 * other keys (EC2 User Guide, "View tags for your EC2 instances using instance metadata").
 */
const tagKey: Rule = {
  id: "tag-key",
  check: ({ input }) =>
    Object.keys(input.tags)
      .filter((key) => !/^(?!(?:\.|\.\.|_index)$)[A-Za-z0-9_.:=+\-@]{1,128}$/.test(key))
      .map((key) => ({
        path: ["tags"],
        message: `must have keys of 1 to 128 letters a to z, digits and _ . : = + - @ (no others in instance metadata), got ${formatValue(key)}`,
      })),
};

/**
 * IAM takes a role's tags for one when their keys differ in case alone ("Tags for AWS Identity and Access Management
 * resources": keys are not case sensitive), and refuses two of them.
 */
const tagCase: Rule = {
  id: "tag-case",
  check: ({ input }) => {
    const keys = Object.keys(input.tags).sort();
    const all = [...OWN_TAGS, ...keys];
    return keys.flatMap((key) => {
      const other = all.find((each) => each !== key && each.toLowerCase() === key.toLowerCase());
      return other === undefined
        ? []
        : [
            {
              path: ["tags", key],
              message: `must differ from "${other}" in more than case: IAM takes them for one key`,
            },
          ];
    });
  },
};

const tagCount: Rule = {
  id: "tag-count",
  check: ({ input }) => {
    const count = Object.keys(input.tags).length;
    return count <= TAG_LIMIT
      ? []
      : [{ path: ["tags"], message: `must be at most ${String(TAG_LIMIT)}, got ${String(count)}` }];
  },
};

/** The engine reads an unquoted date as a point in time and hands it over in its own words. */
const tagDate: Rule = {
  id: "tag-date",
  check: ({ input }) =>
    Object.entries(input.tags)
      .filter(([, value]) => /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)? [+-]\d{4} \S+$/.test(value))
      .map(([key, value]) => ({
        path: ["tags", key],
        message: `must be quoted in the stack file, since YAML takes an unquoted date for a point in time, got "${value}"`,
      })),
};

/** Rules about what is global. */
export const FOOTPRINT_RULES: readonly Rule[] = [
  stackName,
  homeRegion,
  notEmpty,
  imageRegion,
  imageMissing,
  certificateQuota,
  acknowledgedRegion,
  acknowledgedTwice,
  alarmEmailTwice,
  metricsSite,
  metricsSiteTwice,
  metricsOtlp,
  tagReserved,
  tagKey,
  tagCase,
  tagCount,
  tagDate,
];
