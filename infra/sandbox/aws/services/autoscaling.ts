import { arn, inputId, uuid, type Kinds } from "../kind";
import { text } from "../values";

/** Auto Scaling groups; a group has its minimum of nodes as soon as it exists. */
export const autoscaling: Kinds = {
  "aws:autoscaling/group:Group": {
    regional: true,
    naming: { property: "name", longest: 255 },
    defaults: {
      forceDelete: false,
      forceDeleteWarmPool: false,
      healthCheckGracePeriod: 300,
      ignoreFailedScalingActivities: false,
      metricsGranularity: "1Minute",
      protectFromScaleIn: false,
      waitForCapacityTimeout: "10m",
    },
    id: inputId("name"),
    computed: ({ id, region, inputs, former, hex }) => ({
      arn: arn("autoscaling", region, `autoScalingGroup:${uuid(hex("group", 32))}:autoScalingGroupName/${id}`),
      defaultCooldown: 300,
      desiredCapacity: Math.min(
        Math.max(Number(former?.properties.desiredCapacity ?? 0), Number(inputs.minSize)),
        Number(inputs.maxSize),
      ),
      maxInstanceLifetime: 0,
      predictedCapacity: 0,
      serviceLinkedRoleArn: `${arn("iam", "", "role/aws-service-role/autoscaling.amazonaws.com")}/AWSServiceRoleForAutoScaling`,
      warmPoolSize: 0,
    }),
  },
  "aws:autoscaling/lifecycleHook:LifecycleHook": {
    regional: true,
    naming: { property: "name", longest: 255 },
    // Names of hooks are unique within their group only.
    id: ({ inputs }) => `${text(inputs.autoscalingGroupName)}/${text(inputs.name)}`,
  },
  "aws:autoscaling/policy:Policy": {
    regional: true,
    naming: { property: "name", longest: 255 },
    defaults: { enabled: true },
    id: inputId("name"),
    computed: ({ id, region, inputs, hex }) => ({
      arn: arn(
        "autoscaling",
        region,
        `scalingPolicy:${uuid(hex("policy", 32))}:autoScalingGroupName/${text(inputs.autoscalingGroupName)}:policyName/${id}`,
      ),
      metricAggregationType: "",
    }),
  },
};
