import regions from "../../config/data/regions.json";
import { Refusal } from "./refusal";
import { others, type Call, type Rule } from "./rule";
import { recordName } from "./services/route53";
import { isRecord, text, valuesAt } from "./values";
import type { Entity } from "./world";

const BUCKET = "aws:s3/bucket:Bucket";
const RECORD = "aws:route53/record:Record";
const HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck";
const PARAMETER = "aws:ssm/parameter:Parameter";

const OBJECT_TAGS = "Object tags cannot be greater than 10";
const ROUTE53_TAGS =
  "Value at 'addTags' failed to satisfy constraint: Member must have length less than or equal to 10";

/** Types that take fewer tags than the 50 that others take; the provider hands all of them over at once. */
const TAG_LIMITS: readonly (readonly [type: string, limit: number, code: string, words: string])[] = [
  ["aws:s3/bucketObjectv2:BucketObjectv2", 10, "BadRequest", OBJECT_TAGS],
  ["aws:s3/objectCopy:ObjectCopy", 10, "BadRequest", OBJECT_TAGS],
  ["aws:route53/healthCheck:HealthCheck", 10, "InvalidInput", ROUTE53_TAGS],
  ["aws:route53/zone:Zone", 10, "InvalidInput", ROUTE53_TAGS],
];

/** What is unique in an account or in the world, and what Route 53 refuses. */
export const globalRules: readonly Rule[] = [
  {
    id: "BucketAlreadyOwnedByYou",
    type: BUCKET,
    refuses: ({ world, inputs, former }) =>
      // Names of buckets are unique over all regions and accounts.
      world.ofType(BUCKET).some((each) => each !== former && each.id === inputs.bucket)
        ? new Refusal("BucketAlreadyOwnedByYou", `The bucket ${text(inputs.bucket)} exists already`)
        : undefined,
  },
  {
    id: "InvalidBucketName",
    type: BUCKET,
    refuses: ({ inputs }) =>
      /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text(inputs.bucket))
        ? undefined
        : new Refusal("InvalidBucketName", `The specified bucket is not valid: ${text(inputs.bucket)}`),
  },
  {
    id: "InvalidArgument: source of a copy",
    type: "aws:s3/objectCopy:ObjectCopy",
    refuses: ({ inputs }) =>
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+$/.test(text(inputs.source))
        ? undefined
        : new Refusal("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"),
  },
  ...TAG_LIMITS.map(([type, limit, code, words]): Rule => ({
    id: `${code}: tags of ${type.slice(type.lastIndexOf(":") + 1)}`,
    type,
    refuses: ({ inputs }) =>
      Object.keys(isRecord(inputs.tags) ? inputs.tags : {}).length > limit ? new Refusal(code, words) : undefined,
  })),
  malformed("MalformedPolicy", "aws:s3/bucketPolicy:BucketPolicy", "policy"),
  malformed("MalformedPolicyDocument", "aws:iam/rolePolicy:RolePolicy", "policy"),
  malformed("MalformedPolicyDocument: trust", "aws:iam/role:Role", "assumeRolePolicy"),
  ...["aws:iam/role:Role", "aws:iam/instanceProfile:InstanceProfile"].map((type): Rule => ({
    id: `EntityAlreadyExists: ${type.slice(type.lastIndexOf(":") + 1)}`,
    type,
    refuses: (call) =>
      others(call, type).some(({ id }) => id === call.inputs.name)
        ? new Refusal("EntityAlreadyExists", `The name ${text(call.inputs.name)} already exists.`)
        : undefined,
  })),
  {
    id: "ParameterAlreadyExists",
    type: PARAMETER,
    refuses: (call) =>
      others(call, PARAMETER).some(({ id }) => id === call.inputs.name) && call.inputs.overwrite !== true
        ? new Refusal("ParameterAlreadyExists", "The parameter already exists. To overwrite it, set overwrite.")
        : undefined,
  },
  {
    id: "ValidationException: name of a parameter",
    type: PARAMETER,
    refuses: ({ inputs }) =>
      /^\/?(?:aws|ssm)/i.test(text(inputs.name))
        ? new Refusal(
            "ValidationException",
            'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive)',
          )
        : undefined,
  },
  {
    id: "InvalidInput: interval of a health check",
    type: HEALTH_CHECK,
    refuses: ({ inputs }) =>
      inputs.requestInterval === undefined || inputs.requestInterval === 10 || inputs.requestInterval === 30
        ? undefined
        : new Refusal("InvalidInput", `Invalid request interval: ${text(inputs.requestInterval)}; must be 10 or 30`),
  },
  {
    id: "InvalidInput: threshold of a health check",
    type: HEALTH_CHECK,
    refuses: ({ inputs }) => {
      const threshold = Number(inputs.failureThreshold ?? 3);
      return threshold >= 1 && threshold <= 10
        ? undefined
        : new Refusal("InvalidInput", `Invalid failure threshold: ${threshold}; must be 1 to 10`);
    },
  },
  {
    id: "InvalidChangeBatch: outside the zone",
    type: RECORD,
    refuses: ({ world, inputs }) => {
      const zone = world.ofType("aws:route53/zone:Zone").find(({ id }) => id === inputs.zoneId);
      const zoneName = text(zone?.properties.name).replace(/\.$/, "");
      const name = recordName(inputs);
      return name === zoneName || name.endsWith(`.${zoneName}`)
        ? undefined
        : new Refusal("InvalidChangeBatch", `RRSet with DNS name ${name}. is not permitted in zone ${zoneName}.`);
    },
  },
  {
    id: "InvalidChangeBatch: exists already",
    type: RECORD,
    refuses: (call) =>
      call.inputs.allowOverwrite !== true &&
      namesakes(call).some(
        ({ properties }) =>
          properties.type === call.inputs.type && text(properties.setIdentifier) === text(call.inputs.setIdentifier),
      )
        ? new Refusal("InvalidChangeBatch", `Tried to create resource record set ${shown(call)} but it already exists`)
        : undefined,
  },
  {
    id: "InvalidChangeBatch: two latency records of a region",
    type: RECORD,
    refuses: (call) => {
      const [region] = valuesAt(call.inputs, "latencyRoutingPolicies[*].region");
      return region !== undefined &&
        namesakes(call).some(
          ({ properties }) =>
            properties.type === call.inputs.type &&
            properties.setIdentifier !== call.inputs.setIdentifier &&
            valuesAt(properties, "latencyRoutingPolicies[*].region").includes(region),
        )
        ? new Refusal(
            "InvalidChangeBatch",
            `RRSet ${shown(call)} with the same name, type and region ${text(region)} already exists`,
          )
        : undefined;
    },
  },
  {
    id: "InvalidInput: no such latency region",
    type: RECORD,
    refuses: ({ inputs }) => {
      const table: Readonly<Record<string, { readonly latencyRouting: boolean }>> = regions.regions;
      const [region] = valuesAt(inputs, "latencyRoutingPolicies[*].region").map(text);
      return region === undefined || table[region]?.latencyRouting === true
        ? undefined
        : new Refusal("InvalidInput", `Invalid value '${region}' for the region of a latency record`);
    },
  },
  {
    id: "InvalidChangeBatch: simple and latency records of one name",
    type: RECORD,
    refuses: (call) =>
      namesakes(call).some(
        ({ properties }) =>
          properties.type === call.inputs.type &&
          (properties.setIdentifier === undefined) !== (call.inputs.setIdentifier === undefined),
      )
        ? new Refusal("InvalidChangeBatch", `RRSet ${shown(call)} conflicts with a record of another routing policy`)
        : undefined,
  },
  {
    id: "InvalidChangeBatch: CNAME beside another record",
    type: RECORD,
    refuses: (call) =>
      namesakes(call).some(({ properties }) => (properties.type === "CNAME") !== (call.inputs.type === "CNAME"))
        ? new Refusal(
            "InvalidChangeBatch",
            `RRSet of type CNAME with DNS name ${recordName(call.inputs)}. is not permitted beside others`,
          )
        : undefined,
  },
  {
    id: "InvalidChangeBatch: zone of an alias",
    type: RECORD,
    refuses: ({ world, inputs }) => {
      const [target] = valuesAt(inputs, "aliases[*].name");
      const [zoneId] = valuesAt(inputs, "aliases[*].zoneId");
      const balancer = world
        .ofType("aws:lb/loadBalancer:LoadBalancer")
        .find(({ properties }) => properties.dnsName === target);
      return balancer === undefined || balancer.properties.zoneId === zoneId
        ? undefined
        : new Refusal(
            "InvalidChangeBatch",
            `Tried to create an alias that targets ${text(target)}., but the alias target name does not lie within the target zone ${text(zoneId)}`,
          );
    },
  },
];

function malformed(id: string, type: string, property: string): Rule {
  return {
    id,
    type,
    refuses: ({ inputs }) => {
      try {
        JSON.parse(text(inputs[property]));
        return undefined;
      } catch {
        return new Refusal(id.replace(/:.*/, ""), `${property} is no JSON document`);
      }
    },
  };
}

/** Records of the same name in the zone. */
function namesakes(call: Call): readonly Entity[] {
  return others(call, RECORD).filter(
    ({ properties }) => properties.zoneId === call.inputs.zoneId && recordName(properties) === recordName(call.inputs),
  );
}

function shown({ inputs }: Call): string {
  const set = inputs.setIdentifier === undefined ? "" : `, set-identifier='${text(inputs.setIdentifier)}'`;
  return `[name='${recordName(inputs)}.', type='${text(inputs.type)}'${set}]`;
}
