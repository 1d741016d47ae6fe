import { groupSettings, targetGroupSettings } from "../../infra/lab/declared";
import type { Values } from "../../infra/sandbox/aws/values";
import type { Entity } from "../../infra/sandbox/aws/world";

// Terraform's provider for AWS: names of what a target group and a group declare. What is AWS's own wait and what is a node's
// time AWS's documents say: "deregistration delay", "instance warmup", "health check grace period"; "lifecycle hooks".

const entity = (properties: Values): Entity => ({
  ...{ type: "", id: "it", region: "eu-west-1", urn: "", given: [], secrets: [] },
  properties,
});

test("AWS's own waits are as many times faster as is asked for, and checks and hooks are as declared", () => {
  const target = targetGroupSettings(
    entity({ port: 8443, deregistrationDelay: 180, healthCheck: { interval: 10, timeout: 5 } }),
    10,
  );
  expect(target).toMatchObject({ deregistrationDelay: 18, check: { interval: 10, timeout: 5 } });

  const template = { name: "lt:1", image: "ami-1", userData: "" };
  const group = groupSettings(
    { ofType: () => [] },
    entity({
      healthCheckGracePeriod: 180,
      initialLifecycleHooks: [
        { name: "launching", lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", heartbeatTimeout: 900 },
      ],
      instanceRefresh: { preferences: { instanceWarmup: "180" } },
      mixedInstancesPolicy: {
        launchTemplate: { launchTemplateSpecification: { launchTemplateId: "lt", version: "1" } },
      },
    }),
    new Map([[template.name, template]]),
    10,
  );
  expect(group).toMatchObject({ gracePeriod: 18, warmup: 18, hooks: { launching: { heartbeat: 900 } } });
});
