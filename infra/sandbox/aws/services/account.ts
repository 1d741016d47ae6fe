import { arn, inputId, uuid, type Kinds } from "../kind";
import { text } from "../values";

/** What holds for the whole account or is small: IAM, Systems Manager, CloudWatch and SNS. */
export const account: Kinds = {
  "aws:iam/role:Role": {
    regional: false,
    tagged: true,
    naming: { property: "name", longest: 64 },
    defaults: { forceDetachPolicies: false, maxSessionDuration: 3600, path: "/" },
    id: inputId("name"),
    computed: ({ id, hex }) => ({
      arn: arn("iam", "", `role/${id}`),
      uniqueId: `AROA${hex("role", 17).toUpperCase()}`,
    }),
  },
  "aws:iam/rolePolicy:RolePolicy": {
    regional: false,
    naming: { property: "name", longest: 128 },
    id: ({ inputs }) => `${text(inputs.role)}:${text(inputs.name)}`,
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    regional: false,
    tagged: true,
    naming: { property: "name", longest: 128 },
    defaults: { path: "/" },
    id: inputId("name"),
    computed: ({ id, hex }) => ({
      arn: arn("iam", "", `instance-profile/${id}`),
      uniqueId: `AIPA${hex("profile", 17).toUpperCase()}`,
    }),
  },
  "aws:ssm/parameter:Parameter": {
    regional: true,
    tagged: true,
    naming: { property: "name", longest: 951 },
    id: inputId("name"),
    computed: ({ id, region, inputs, former, changed }) => ({
      arn: arn("ssm", region, `parameter/${id.replace(/^\//, "")}`),
      dataType: "text",
      hasValueWo: false,
      keyId: inputs.type === "SecureString" ? "alias/aws/ssm" : "",
      tier: "Standard",
      version: Number(former?.properties.version ?? 0) + (former === undefined || changed.includes("value") ? 1 : 0),
    }),
    renewed: (changed) => (changed.includes("value") ? ["version"] : []),
    secretOutputs: ["value"],
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    regional: true,
    tagged: true,
    naming: { property: "name", longest: 255 },
    defaults: { actionsEnabled: true, treatMissingData: "missing" },
    id: inputId("name"),
    computed: ({ id, region }) => ({
      arn: arn("cloudwatch", region, `alarm:${id}`),
      evaluateLowSampleCountPercentiles: "",
    }),
  },
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
    regional: true,
    tagged: true,
    defaults: { actionsEnabled: true },
    id: inputId("alarmName"),
    computed: ({ id, region }) => ({ arn: arn("cloudwatch", region, `alarm:${id}`) }),
  },
  "aws:cloudwatch/dashboard:Dashboard": {
    regional: true,
    id: inputId("dashboardName"),
    // Its ARN has no region: the account has it once.
    computed: ({ id }) => ({ dashboardArn: arn("cloudwatch", "", `dashboard/${id}`) }),
  },
  "aws:sns/topic:Topic": {
    regional: true,
    tagged: true,
    naming: { property: "name", longest: 256 },
    defaults: { contentBasedDeduplication: false, fifoTopic: false },
    id: ({ region, inputs }) => arn("sns", region, text(inputs.name)),
    computed: ({ id }) => ({ arn: id, beginningArchiveTime: "" }),
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    regional: true,
    defaults: { confirmationTimeoutInMinutes: 1, endpointAutoConfirms: false, rawMessageDelivery: false },
    id: ({ inputs, hex }) => `${text(inputs.topic)}:${uuid(hex("subscription", 32))}`,
    computed: ({ id }) => ({
      arn: id,
      confirmationWasAuthenticated: false,
      // Who has the address must confirm by a link that is mailed.
      pendingConfirmation: true,
    }),
  },
};
