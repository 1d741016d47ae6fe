/**
 * IAM actions that the AWS provider calls for each type that a footprint registers: `read` when it refreshes, `write`
 * beyond that when it creates, changes or deletes; `elsewhere` on what it reads for that.
 *
 * Read function by function in the source of terraform-provider-aws, 2026-11: all of EC2, Auto Scaling and CloudWatch in
 * v6.58.0 (2f6e22c42759323d69500964ed1d284e5f4dea97, internal/service/{ec2,autoscaling,cloudwatch}), the others in files
 * of 6.0 to 6.58, of which s3/object_copy.go, s3/bucket_versioning.go and sns/topic_subscription.go are late 5.x. Calls
 * that need a setting which a footprint does not have are left out, and so are those that tidy up after other programs:
 * interfaces of Lambda, endpoints of GuardDuty. What a live deployment finds missing is to be added here and in
 * `.github/aws`: the tests hold the two equal.
 */
export interface ProviderActions {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** On what is not the footprint's own. */
  readonly elsewhere?: readonly string[];
}

const of = (service: string, names: string): string[] => names.split(/\s+/).map((name) => `${service}:${name}`);
const ec2 = (names: string) => of("ec2", names);
const elb = (names: string) => of("elasticloadbalancing", names);
const asg = (names: string) => of("autoscaling", names);
const iam = (names: string) => of("iam", names);
const s3 = (names: string) => of("s3", names);
const route53 = (names: string) => of("route53", names);

/** EC2 shows tags in its descriptions. */
const EC2_TAGS = ec2("CreateTags DeleteTags");
/** Before it deletes, the provider looks for network interfaces that AWS has left. */
const LEFT_BEHIND = ec2("DescribeNetworkInterfaces");
const ELB_TAGS = { read: elb("DescribeTags"), write: elb("AddTags RemoveTags") };
const ROUTE53_TAGS = { read: route53("ListTagsForResource"), write: route53("ChangeTagsForResource") };

/** What a service asks of its caller beside the action that is called, which no table of the provider's calls shows. */
const ON_BEHALF: readonly {
  readonly type: string;
  readonly actions: readonly string[];
  readonly why: string;
  readonly source: string;
}[] = [
  {
    type: "aws:autoscaling/group:Group",
    actions: [...ec2("RunInstances CreateTags"), ...iam("PassRole")],
    why: "may the caller start what the launch template says",
    source: "EC2 Auto Scaling User Guide, Control Amazon EC2 launch template usage in Auto Scaling groups",
  },
  {
    type: "aws:autoscaling/group:Group",
    actions: iam("CreateServiceLinkedRole"),
    why: "the account's first group, and its first Spot instance",
    source:
      "EC2 Auto Scaling User Guide, Service-linked roles; EC2 User Guide, Service-linked role for Spot Instance requests",
  },
  {
    type: "aws:ec2/natGateway:NatGateway",
    actions: iam("CreateServiceLinkedRole"),
    why: "the account's first regional NAT gateway: ec2-nat-gateway.amazonaws.com",
    source: "VPC User Guide, Regional NAT gateways",
  },
  {
    type: "aws:lb/loadBalancer:LoadBalancer",
    actions: ec2("DescribeAccountAttributes GetSecurityGroupsForVpc"),
    why: "quotas, and the security groups that a load balancer may have",
    source: "Elastic Load Balancing API permissions: CreateLoadBalancer, SetSecurityGroups",
  },
  {
    type: "aws:lb/loadBalancer:LoadBalancer",
    actions: iam("CreateServiceLinkedRole"),
    why: "the account's first load balancer",
    source: "Elastic Load Balancing User Guide, Service-linked role",
  },
  {
    type: "aws:ec2/flowLog:FlowLog",
    actions: of("logs", "CreateLogDelivery DeleteLogDelivery"),
    why: "delivery to a bucket is set up in the caller's name",
    source: "VPC User Guide, Publish flow logs to Amazon S3",
  },
  {
    type: "aws:iam/instanceProfile:InstanceProfile",
    actions: iam("PassRole"),
    why: "a role is handed to EC2 in a profile",
    source: "IAM API Reference, AddRoleToInstanceProfile",
  },
];

function onBehalf(type: string): readonly string[] {
  return ON_BEHALF.filter((each) => each.type === type).flatMap(({ actions }) => actions);
}

export const PROVIDER_ACTIONS: Readonly<Record<string, ProviderActions>> = {
  "aws:acm/certificate:Certificate": {
    read: of("acm", "DescribeCertificate ListTagsForCertificate"),
    write: of("acm", "RequestCertificate DeleteCertificate AddTagsToCertificate RemoveTagsFromCertificate"),
  },
  "aws:acm/certificateValidation:CertificateValidation": { read: of("acm", "DescribeCertificate"), write: [] },

  "aws:autoscaling/group:Group": {
    read: asg("DescribeAutoScalingGroups"),
    write: [
      ...asg("CreateAutoScalingGroup UpdateAutoScalingGroup DeleteAutoScalingGroup CreateOrUpdateTags DeleteTags"),
      ...asg("AttachLoadBalancerTargetGroups DetachLoadBalancerTargetGroups"),
      ...asg("EnableMetricsCollection DisableMetricsCollection"),
      // A refresh that runs is cancelled before another begins, and waited for.
      ...asg("StartInstanceRefresh CancelInstanceRefresh DescribeInstanceRefreshes"),
      // The hooks that are there from the start.
      ...asg("PutLifecycleHook"),
      // The waits for healthy nodes, and for target groups that are taken in or let go.
      ...elb("DescribeTargetHealth"),
      ...asg("DescribeLoadBalancerTargetGroups"),
      ...onBehalf("aws:autoscaling/group:Group"),
    ],
  },
  "aws:autoscaling/lifecycleHook:LifecycleHook": {
    read: asg("DescribeLifecycleHooks"),
    write: asg("PutLifecycleHook DeleteLifecycleHook"),
  },
  "aws:autoscaling/policy:Policy": { read: asg("DescribePolicies"), write: asg("PutScalingPolicy DeletePolicy") },

  "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
    read: of("cloudwatch", "DescribeAlarms ListTagsForResource"),
    write: of("cloudwatch", "PutCompositeAlarm DeleteAlarms TagResource UntagResource"),
  },
  "aws:cloudwatch/dashboard:Dashboard": {
    read: of("cloudwatch", "GetDashboard"),
    write: of("cloudwatch", "PutDashboard DeleteDashboards"),
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    read: of("cloudwatch", "DescribeAlarms ListTagsForResource"),
    write: of("cloudwatch", "PutMetricAlarm DeleteAlarms TagResource UntagResource"),
  },

  "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": {
    read: ec2("DescribeNetworkAcls"),
    write: [...ec2("DeleteNetworkAclEntry"), ...EC2_TAGS],
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    read: ec2("DescribeSecurityGroups"),
    // Rules of other groups that name this one are looked for.
    write: [...ec2("RevokeSecurityGroupEgress RevokeSecurityGroupIngress DescribeSecurityGroupRules"), ...EC2_TAGS],
  },
  "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": {
    read: ec2("DescribeEgressOnlyInternetGateways"),
    write: [...ec2("CreateEgressOnlyInternetGateway DeleteEgressOnlyInternetGateway"), ...EC2_TAGS],
  },
  "aws:ec2/eip:Eip": {
    read: ec2("DescribeAddresses DescribeAddressesAttribute"),
    write: [...ec2("AllocateAddress ReleaseAddress DisassociateAddress"), ...EC2_TAGS],
  },
  "aws:ec2/flowLog:FlowLog": {
    read: ec2("DescribeFlowLogs"),
    write: [...ec2("CreateFlowLogs DeleteFlowLogs"), ...onBehalf("aws:ec2/flowLog:FlowLog"), ...EC2_TAGS],
  },
  "aws:ec2/internetGateway:InternetGateway": {
    read: ec2("DescribeInternetGateways"),
    write: [
      ...ec2("CreateInternetGateway AttachInternetGateway DetachInternetGateway DeleteInternetGateway"),
      ...EC2_TAGS,
    ],
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    read: ec2("DescribeLaunchTemplates DescribeLaunchTemplateVersions"),
    write: [
      ...ec2("CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate"),
      ...EC2_TAGS,
    ],
  },
  "aws:ec2/natGateway:NatGateway": {
    read: ec2("DescribeNatGateways"),
    write: [
      ...ec2("CreateNatGateway DeleteNatGateway AssociateNatGatewayAddress DisassociateNatGatewayAddress"),
      // Names of zones are looked up by their ids before one is added.
      ...ec2("DescribeAvailabilityZones"),
      ...onBehalf("aws:ec2/natGateway:NatGateway"),
      ...EC2_TAGS,
    ],
  },
  "aws:ec2/networkAcl:NetworkAcl": {
    read: ec2("DescribeNetworkAcls"),
    write: [
      ...ec2("CreateNetworkAcl DeleteNetworkAcl CreateNetworkAclEntry DeleteNetworkAclEntry"),
      ...ec2("ReplaceNetworkAclAssociation"),
      ...EC2_TAGS,
    ],
  },
  "aws:ec2/route:Route": { read: ec2("DescribeRouteTables"), write: ec2("CreateRoute ReplaceRoute DeleteRoute") },
  "aws:ec2/routeTable:RouteTable": {
    read: ec2("DescribeRouteTables"),
    write: [...ec2("CreateRouteTable DeleteRouteTable DisassociateRouteTable"), ...EC2_TAGS],
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    read: ec2("DescribeRouteTables"),
    write: ec2("AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation"),
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    read: ec2("DescribeSecurityGroups"),
    write: [...ec2("CreateSecurityGroup DeleteSecurityGroup RevokeSecurityGroupEgress"), ...LEFT_BEHIND, ...EC2_TAGS],
  },
  "aws:ec2/subnet:Subnet": {
    read: ec2("DescribeSubnets"),
    write: [
      ...ec2("CreateSubnet DeleteSubnet ModifySubnetAttribute AssociateSubnetCidrBlock DisassociateSubnetCidrBlock"),
      ...LEFT_BEHIND,
      ...EC2_TAGS,
    ],
  },
  "aws:ec2/vpc:Vpc": {
    // With its default group, ACL and route table.
    read: ec2("DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups"),
    write: [
      ...ec2("CreateVpc DeleteVpc ModifyVpcAttribute AssociateVpcCidrBlock DisassociateVpcCidrBlock"),
      ...EC2_TAGS,
    ],
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    read: ec2("DescribeVpcEndpoints DescribePrefixLists"),
    write: [...ec2("CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints"), ...EC2_TAGS],
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    read: ec2("DescribeSecurityGroupRules"),
    write: [...ec2("AuthorizeSecurityGroupEgress ModifySecurityGroupRules RevokeSecurityGroupEgress"), ...EC2_TAGS],
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    read: ec2("DescribeSecurityGroupRules"),
    write: [...ec2("AuthorizeSecurityGroupIngress ModifySecurityGroupRules RevokeSecurityGroupIngress"), ...EC2_TAGS],
  },

  "aws:iam/instanceProfile:InstanceProfile": {
    read: iam("GetInstanceProfile GetRole"),
    write: [
      ...iam("CreateInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile"),
      ...iam("TagInstanceProfile UntagInstanceProfile"),
      ...onBehalf("aws:iam/instanceProfile:InstanceProfile"),
    ],
  },
  "aws:iam/role:Role": {
    read: iam("GetRole ListRolePolicies ListAttachedRolePolicies GetRolePolicy"),
    write: [
      ...iam("CreateRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole UntagRole"),
      ...iam("ListInstanceProfilesForRole PutRolePermissionsBoundary"),
      // What is still on a role that is deleted.
      ...iam("RemoveRoleFromInstanceProfile DeleteRolePolicy"),
    ],
  },
  "aws:iam/rolePolicy:RolePolicy": { read: iam("GetRolePolicy"), write: iam("PutRolePolicy DeleteRolePolicy") },

  "aws:lb/listener:Listener": {
    read: [...elb("DescribeListeners DescribeListenerAttributes"), ...ELB_TAGS.read],
    write: [...elb("CreateListener ModifyListener ModifyListenerAttributes DeleteListener"), ...ELB_TAGS.write],
  },
  "aws:lb/listenerCertificate:ListenerCertificate": {
    read: elb("DescribeListenerCertificates"),
    write: elb("AddListenerCertificates RemoveListenerCertificates"),
  },
  "aws:lb/loadBalancer:LoadBalancer": {
    read: [
      ...elb("DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeCapacityReservation"),
      ...ELB_TAGS.read,
    ],
    write: [
      ...elb("CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes"),
      ...elb("SetIpAddressType SetSecurityGroups SetSubnets"),
      ...LEFT_BEHIND,
      ...ELB_TAGS.write,
      ...onBehalf("aws:lb/loadBalancer:LoadBalancer"),
    ],
  },
  "aws:lb/targetGroup:TargetGroup": {
    read: [...elb("DescribeTargetGroups DescribeTargetGroupAttributes"), ...ELB_TAGS.read],
    write: [
      ...elb("CreateTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes DeleteTargetGroup"),
      ...ELB_TAGS.write,
    ],
  },

  "aws:route53/healthCheck:HealthCheck": {
    read: [...route53("GetHealthCheck"), ...ROUTE53_TAGS.read],
    write: [...route53("CreateHealthCheck UpdateHealthCheck DeleteHealthCheck"), ...ROUTE53_TAGS.write],
  },
  "aws:route53/record:Record": {
    read: route53("GetHostedZone ListResourceRecordSets"),
    write: route53("ChangeResourceRecordSets GetChange"),
  },
  "aws:route53/zone:Zone": {
    read: [...route53("GetHostedZone"), ...ROUTE53_TAGS.read],
    write: [
      // With `forceDestroy`.
      ...route53("ListResourceRecordSets ChangeResourceRecordSets"),
      ...route53("CreateHostedZone DeleteHostedZone UpdateHostedZoneComment UpdateHostedZoneFeatures"),
      ...route53("GetChange GetDNSSEC"),
      ...ROUTE53_TAGS.write,
    ],
  },

  "aws:s3/bucket:Bucket": {
    read: [
      ...s3("ListBucket GetBucketAcl GetBucketCORS GetBucketLogging GetBucketPolicy"),
      ...s3("GetBucketObjectLockConfiguration GetBucketRequestPayment GetBucketTagging GetBucketVersioning"),
      ...s3("GetBucketWebsite GetAccelerateConfiguration GetEncryptionConfiguration GetLifecycleConfiguration"),
      ...s3("GetReplicationConfiguration ListTagsForResource"),
    ],
    write: [
      ...s3("CreateBucket DeleteBucket PutBucketTagging TagResource UntagResource"),
      // With `forceDestroy`.
      ...s3("ListBucketVersions DeleteObject DeleteObjectVersion"),
    ],
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    read: s3("GetLifecycleConfiguration"),
    write: s3("PutLifecycleConfiguration"),
  },
  "aws:s3/bucketObjectv2:BucketObjectv2": {
    read: s3("GetObject GetObjectTagging"),
    write: s3("PutObject DeleteObject DeleteObjectVersion ListBucketVersions"),
  },
  "aws:s3/objectCopy:ObjectCopy": {
    read: s3("GetObject GetObjectTagging"),
    write: s3("PutObject DeleteObject DeleteObjectVersion ListBucketVersions"),
    elsewhere: s3("GetObject"),
  },
  "aws:s3/bucketPolicy:BucketPolicy": {
    read: s3("GetBucketPolicy"),
    write: s3("PutBucketPolicy DeleteBucketPolicy"),
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    read: s3("GetBucketPublicAccessBlock"),
    write: s3("PutBucketPublicAccessBlock"),
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    read: s3("GetEncryptionConfiguration"),
    write: s3("PutEncryptionConfiguration"),
  },
  "aws:s3/bucketVersioning:BucketVersioning": {
    read: s3("GetBucketVersioning"),
    write: s3("PutBucketVersioning"),
  },

  "aws:sns/topic:Topic": {
    read: of("sns", "GetTopicAttributes ListTagsForResource"),
    write: of("sns", "CreateTopic DeleteTopic SetTopicAttributes TagResource UntagResource"),
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    read: of("sns", "GetSubscriptionAttributes"),
    write: of("sns", "Subscribe Unsubscribe SetSubscriptionAttributes"),
  },

  "aws:ssm/parameter:Parameter": {
    read: of("ssm", "DescribeParameters GetParameter ListTagsForResource"),
    write: of("ssm", "PutParameter DeleteParameter AddTagsToResource RemoveTagsFromResource"),
  },
};
