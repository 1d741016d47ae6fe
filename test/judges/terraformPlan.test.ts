import type { Registration } from "../../infra/plan/harness";
import { SHIPPED, shipped, update } from "../support/stacks";
import { terraformPlan } from "./terraformPlan";

interface Plan {
  readonly planned_values: {
    readonly root_module: { readonly resources: readonly { address: string; values: object }[] };
  };
  readonly configuration: {
    readonly root_module: { readonly resources: readonly { address: string; expressions: object }[] };
  };
}

// The witness is Terraform's own documentation of the format ("JSON Output Format"), and the provider's of its arguments.
describe("a plan in Terraform's format", () => {
  let plan: Plan;
  beforeAll(async () => {
    const { registrations } = await update(shipped("sandbox"), "sandbox");
    plan = terraformPlan(registrations) as Plan;
  });
  const valuesOf = (address: string) =>
    plan.planned_values.root_module.resources.find((each) => each.address === address)?.values;
  const expressionsOf = (address: string) =>
    plan.configuration.root_module.resources.find((each) => each.address === address)?.expressions;

  it("has the provider's names, a list for a block that comes once, and maps as they are", () => {
    expect(valuesOf("aws_launch_template.us-east-1-nodes")).toMatchObject({
      metadata_options: [{ http_tokens: "required", http_put_response_hop_limit: 1 }],
      block_device_mappings: [{ ebs: [{ encrypted: "true" }] }],
      tags: { Footprint: "sandbox", Name: "us-east-1-nodes" },
    });
    expect(valuesOf("aws_lb_target_group.us-east-1-lb-https")).toMatchObject({ proxy_protocol_v2: true });
    expect(valuesOf("aws_subnet.us-east-1-network-public-use1-az1")).toHaveProperty("ipv6_cidr_block");
    expect(valuesOf("aws_autoscaling_group.us-east-1-nodes")).toHaveProperty("tag");
  });

  it("says which resource a value comes from, of several of one name too", () => {
    expect(expressionsOf("aws_s3_bucket_versioning.us-east-1-store-versioning")).toMatchObject({
      bucket: { references: ["aws_s3_bucket.us-east-1-store.id", "aws_s3_bucket.us-east-1-store"] },
    });
  });

  it("names each resource of each shipped stack once", async () => {
    for (const stack of SHIPPED) {
      const { registrations } = await update(shipped(stack), stack);
      const { resources } = (terraformPlan(registrations) as Plan).planned_values.root_module;

      expect(new Set(resources.map(({ address }) => address)).size).toBe(resources.length);
      expect(resources.length).toBe(registrations.filter(({ type }) => type.startsWith("aws:")).length);
    }
  });

  it("rejects a type that nobody has named: it would go unjudged", () => {
    const unknown: Registration = {
      ...{ type: "aws:sqs/queue:Queue", name: "queue", inputs: {}, dependencies: [] },
      ...{ urn: "urn:pulumi:test::footprint::aws:sqs/queue:Queue::queue", parent: null, custom: true, options: {} },
    };

    expect(() => terraformPlan([unknown])).toThrow("no name of the provider for aws:sqs/queue:Queue");
  });
});
