import { ACCOUNT, arn, ec2Id, having, type Context, type Kinds } from "../kind";
import { text } from "../values";

const rule = ({ id, region }: Context) => ({
  arn: arn("ec2", region, `security-group-rule/${id}`),
  securityGroupRuleId: id,
});

/** Security groups, their rules, and the default group that every VPC has. */
export const securityGroups: Kinds = {
  "aws:ec2/securityGroup:SecurityGroup": {
    regional: true,
    tagged: true,
    naming: { property: "name", longest: 255 },
    defaults: { description: "Managed by Pulumi", revokeRulesOnDelete: false },
    id: ec2Id("sg"),
    computed: ({ id, region }) => ({ arn: arn("ec2", region, `security-group/${id}`), ownerId: ACCOUNT }),
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    regional: true,
    tagged: true,
    defaults: { revokeRulesOnDelete: false },
    id: (context) => {
      const vpc = having(context, "aws:ec2/vpc:Vpc", "id", context.inputs.vpcId);
      return text(vpc?.properties.defaultSecurityGroupId);
    },
    computed: ({ id, region }) => ({
      arn: arn("ec2", region, `security-group/${id}`),
      description: "default VPC security group",
      name: "default",
      ownerId: ACCOUNT,
    }),
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    regional: true,
    tagged: true,
    id: ec2Id("sgr"),
    computed: rule,
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    regional: true,
    tagged: true,
    id: ec2Id("sgr"),
    computed: rule,
  },
};
