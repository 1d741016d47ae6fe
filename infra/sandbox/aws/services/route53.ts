import { below, uuid, type Context, type Kinds } from "../kind";
import { text } from "../values";

const TOP_LEVEL = ["com", "net", "org", "co.uk"];

/** Hosted zones, records and health checks: global, with one control plane. */
export const route53: Kinds = {
  "aws:route53/zone:Zone": {
    regional: false,
    tagged: true,
    defaults: { comment: "Managed by Pulumi", forceDestroy: false },
    id: ({ hex }) => `Z${hex("zone", 20).toUpperCase()}`,
    computed: ({ id, hex }) => {
      const nameServers = TOP_LEVEL.map((suffix, i) => {
        const server = below(512, hex(`server ${i}`, 12)) + 512 * i;
        return `ns-${server}.awsdns-${String(server % 64).padStart(2, "0")}.${suffix}`;
      });
      return {
        arn: `arn:aws:route53:::hostedzone/${id}`,
        zoneId: id,
        nameServers,
        primaryNameServer: nameServers[0] ?? "",
      };
    },
  },
  "aws:route53/record:Record": {
    regional: false,
    id: ({ inputs }) =>
      [text(inputs.zoneId), recordName(inputs), text(inputs.type), text(inputs.setIdentifier)]
        .filter(Boolean)
        .join("_"),
    computed: ({ inputs }) => ({ fqdn: recordName(inputs) }),
  },
  "aws:route53/healthCheck:HealthCheck": {
    regional: false,
    tagged: true,
    defaults: { disabled: false, measureLatency: false },
    id: ({ hex }) => uuid(hex("health check", 32)),
    computed: ({ id }) => ({ arn: `arn:aws:route53:::healthcheck/${id}` }),
  },
};

/** The name of a record as Route 53 compares it. */
export function recordName(inputs: Context["inputs"]): string {
  return text(inputs.name).toLowerCase().replace(/\.$/, "");
}
