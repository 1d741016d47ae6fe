import type { Recording, Registration } from "../../infra/plan/harness";
import { at } from "./registrations";
import type { SHIPPED } from "./stacks";

/** A finding that is known, with the reason why it stays. */
export interface Waiver {
  /** Id of the rule. */
  readonly rule: string;
  /** Stacks in which it holds; all when left out. */
  readonly stacks?: readonly (typeof SHIPPED)[number][];
  readonly covers: (registration: Registration, recording: Recording) => boolean;
  readonly reason: string;
  /** When it was last thought about, as `yyyy-mm-dd`. */
  readonly date: string;
}

const everything = () => true;

export const WAIVERS: readonly Waiver[] = [
  {
    rule: "EC2.25",
    stacks: ["sandbox"],
    covers: ({ inputs }, { registrations }) =>
      // `egress: direct`: the region has no NAT gateway.
      !registrations.some(
        (each) => each.type === "aws:ec2/natGateway:NatGateway" && each.inputs.region === inputs.region,
      ) && at(inputs.networkInterfaces, 0, "associatePublicIpAddress") === "true",
    reason: "with egress `direct` a node's own address is its way to origins; its security group takes nothing from it",
    date: "2026-11-22",
  },
  {
    rule: "ELB.6",
    stacks: ["sandbox"],
    covers: everything,
    reason: "the sandbox is there to be destroyed in one step: `footprint:protection: false`",
    date: "2026-11-22",
  },
  {
    rule: "ELB.6",
    stacks: ["global"],
    covers: ({ inputs }) => inputs.region === "ca-central-1",
    reason: "the PoP is drained: it takes no traffic, and its next step may be to go",
    date: "2026-11-22",
  },
  {
    rule: "ELB.18",
    covers: ({ inputs }) => inputs.port === 80 && inputs.protocol === "TCP",
    reason: "port 80 is answered with a redirect to https by the nodes, which serve nothing else there",
    date: "2026-11-22",
  },
  {
    rule: "EC2.57",
    covers: everything,
    reason:
      "an interface endpoint is billed per hour and zone, and nodes serve without Systems Manager: its traffic goes out by TLS like that to origins",
    date: "2026-11-22",
  },
  {
    rule: "S3.9",
    covers: everything,
    reason:
      "a log bucket that logged into itself would never be still, and what nodes read from a store tells nothing that its content does not",
    date: "2026-11-22",
  },
  {
    rule: "SNS.1",
    covers: everything,
    reason:
      "CloudWatch alarms cannot publish to a topic under AWS's managed key, and the text of an alarm is no secret",
    date: "2026-11-22",
  },
  {
    rule: "CKV2_AWS_34",
    covers: ({ name }) => name.endsWith("-store-serial"),
    reason: "its value is the digest of a pointer that every node may read, and its version what nodes compare",
    date: "2026-11-28",
  },
  {
    rule: "CKV_AWS_337",
    covers: everything,
    reason:
      "the region's managed key for parameters does the same for readers of this account; a key of our own costs a dollar per region and month",
    date: "2026-11-22",
  },
  {
    rule: "Route53.2",
    stacks: ["sandbox"],
    covers: everything,
    reason: "query logs are billed per query and name clients' resolvers; who wants them turns them on for the zone",
    date: "2026-11-22",
  },
];
