/** One way in which a type refers to another. */
export interface Reference {
  readonly from: string;
  /** Where the input stands, as `valuesAt` reads it. */
  readonly path: string;
  readonly to: string;
  /** Property of the target that is meant; its id when left out. */
  readonly by?: string;
  /** The target may be in another region. Default: it must be in the same one, unless it is global. */
  readonly anyRegion?: true;
  /** AWS's code when the target is not there, and what it says before the missing value. */
  readonly missing: readonly [code: string, text: string];
  /**
   * What becomes of the reference when its target is deleted: the deletion is refused with that code and text; what
   * refers goes with its target; or, left out, it is left dangling.
   */
  readonly onDelete?: readonly [code: string, text: string] | "follows";
}

const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const ROUTE_TABLE = "aws:ec2/routeTable:RouteTable";
const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const TARGET_GROUP = "aws:lb/targetGroup:TargetGroup";
const LISTENER = "aws:lb/listener:Listener";
const CERTIFICATE = "aws:acm/certificate:Certificate";
const GROUP = "aws:autoscaling/group:Group";
const BUCKET = "aws:s3/bucket:Bucket";
const ROLE = "aws:iam/role:Role";
const TOPIC = "aws:sns/topic:Topic";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm";

const dependent = (what: string) =>
  ["DependencyViolation", `The ${what} has dependencies and cannot be deleted`] as const;
const inUse = ["ResourceInUseException", "The certificate is in use by a load balancer"] as const;
const noBucket = ["NoSuchBucket", "The specified bucket does not exist:"] as const;
const noSubnet = ["InvalidSubnetID.NotFound", "The subnet ID does not exist:"] as const;
const noGroup = ["InvalidGroup.NotFound", "The security group does not exist:"] as const;
const noVpc = ["InvalidVpcID.NotFound", "The vpc ID does not exist:"] as const;

/** A part of a VPC, without which the VPC cannot go. */
const inVpc = (from: string): Reference => ({
  from,
  path: "vpcId",
  to: VPC,
  missing: noVpc,
  onDelete: dependent("vpc"),
});

/** A bucket's setting goes with the bucket. */
const ofBucket = (from: string): Reference => ({
  from,
  path: "bucket",
  to: BUCKET,
  missing: noBucket,
  onDelete: "follows",
});

/** Everything that refers to something: nothing is created that refers to what is not there. */
export const REFERENCES: readonly Reference[] = [
  inVpc(SUBNET),
  inVpc("aws:ec2/internetGateway:InternetGateway"),
  inVpc("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"),
  inVpc(ROUTE_TABLE),
  inVpc("aws:ec2/networkAcl:NetworkAcl"),
  inVpc("aws:ec2/vpcEndpoint:VpcEndpoint"),
  inVpc("aws:ec2/natGateway:NatGateway"),
  inVpc(SECURITY_GROUP),
  {
    from: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    path: "vpcId",
    to: VPC,
    missing: noVpc,
    onDelete: "follows",
  },
  { from: "aws:ec2/flowLog:FlowLog", path: "vpcId", to: VPC, missing: noVpc, onDelete: "follows" },
  {
    from: "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
    path: "defaultNetworkAclId",
    to: VPC,
    by: "defaultNetworkAclId",
    missing: ["InvalidNetworkAclID.NotFound", "The networkAcl ID does not exist:"],
    onDelete: "follows",
  },
  { from: TARGET_GROUP, path: "vpcId", to: VPC, missing: ["ValidationError", "The VPC does not exist:"] },

  {
    from: "aws:ec2/routeTableAssociation:RouteTableAssociation",
    path: "routeTableId",
    to: ROUTE_TABLE,
    missing: ["InvalidRouteTableID.NotFound", "The routeTable ID does not exist:"],
    onDelete: dependent("routeTable"),
  },
  {
    from: "aws:ec2/routeTableAssociation:RouteTableAssociation",
    path: "subnetId",
    to: SUBNET,
    missing: noSubnet,
    onDelete: "follows",
  },
  {
    from: "aws:ec2/route:Route",
    path: "routeTableId",
    to: ROUTE_TABLE,
    missing: ["InvalidRouteTableID.NotFound", "The routeTable ID does not exist:"],
    onDelete: "follows",
  },
  {
    from: "aws:ec2/route:Route",
    path: "gatewayId",
    to: "aws:ec2/internetGateway:InternetGateway",
    missing: ["InvalidGatewayID.NotFound", "The gateway ID does not exist:"],
  },
  {
    from: "aws:ec2/route:Route",
    path: "egressOnlyGatewayId",
    to: "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
    missing: ["InvalidGatewayID.NotFound", "The gateway ID does not exist:"],
  },
  {
    from: "aws:ec2/route:Route",
    path: "natGatewayId",
    to: "aws:ec2/natGateway:NatGateway",
    missing: ["NatGatewayNotFound", "The NAT gateway does not exist:"],
  },
  {
    from: "aws:ec2/natGateway:NatGateway",
    path: "availabilityZoneAddresses[*].allocationIds[*]",
    to: "aws:ec2/eip:Eip",
    missing: ["InvalidAllocationID.NotFound", "The allocation ID does not exist:"],
    onDelete: ["InvalidIPAddress.InUse", "The address is in use by a NAT gateway and cannot be released"],
  },
  {
    from: "aws:ec2/vpcEndpoint:VpcEndpoint",
    path: "routeTableIds[*]",
    to: ROUTE_TABLE,
    missing: ["InvalidRouteTableId.NotFound", "The routeTable ID does not exist:"],
  },
  { from: "aws:ec2/networkAcl:NetworkAcl", path: "subnetIds[*]", to: SUBNET, missing: noSubnet },

  ...["Ingress", "Egress"].flatMap((side): Reference[] => {
    const from = `aws:vpc/securityGroup${side}Rule:SecurityGroup${side}Rule`;
    return [
      { from, path: "securityGroupId", to: SECURITY_GROUP, missing: noGroup, onDelete: "follows" },
      {
        from,
        path: "referencedSecurityGroupId",
        to: SECURITY_GROUP,
        missing: noGroup,
        onDelete: ["DependencyViolation", "The security group is named by a rule of another one"],
      },
    ];
  }),

  {
    from: "aws:ec2/launchTemplate:LaunchTemplate",
    path: "networkInterfaces[*].securityGroups[*]",
    to: SECURITY_GROUP,
    missing: noGroup,
  },
  {
    from: "aws:ec2/launchTemplate:LaunchTemplate",
    path: "iamInstanceProfile.arn",
    to: "aws:iam/instanceProfile:InstanceProfile",
    by: "arn",
    missing: ["InvalidIamInstanceProfileArn.Malformed", "The instance profile does not exist:"],
  },

  {
    from: LOAD_BALANCER,
    path: "subnets[*]",
    to: SUBNET,
    missing: ["SubnetNotFound", "The subnet ID does not exist:"],
    onDelete: dependent("subnet"),
  },
  {
    from: LOAD_BALANCER,
    path: "securityGroups[*]",
    to: SECURITY_GROUP,
    missing: ["InvalidSecurityGroup", "The security group does not exist:"],
    onDelete: [
      "DependencyViolation",
      "The security group has a dependent object: a network interface of a load balancer",
    ],
  },
  {
    from: LOAD_BALANCER,
    path: "accessLogs.bucket",
    to: BUCKET,
    missing: ["InvalidConfigurationRequest", "Access logs: there is no such bucket in the load balancer's region:"],
  },
  {
    from: LISTENER,
    path: "loadBalancerArn",
    to: LOAD_BALANCER,
    missing: ["LoadBalancerNotFound", "One or more load balancers not found:"],
    onDelete: "follows",
  },
  {
    from: LISTENER,
    path: "defaultActions[*].targetGroupArn",
    to: TARGET_GROUP,
    missing: ["TargetGroupNotFound", "One or more target groups not found:"],
    onDelete: ["ResourceInUse", "The target group is currently in use by a listener or a rule"],
  },
  {
    from: LISTENER,
    path: "certificateArn",
    to: CERTIFICATE,
    missing: ["CertificateNotFound", "The certificate does not exist:"],
    onDelete: inUse,
  },
  {
    from: "aws:lb/listenerCertificate:ListenerCertificate",
    path: "listenerArn",
    to: LISTENER,
    missing: ["ListenerNotFound", "One or more listeners not found:"],
    onDelete: "follows",
  },
  {
    from: "aws:lb/listenerCertificate:ListenerCertificate",
    path: "certificateArn",
    to: CERTIFICATE,
    missing: ["CertificateNotFound", "The certificate does not exist:"],
    onDelete: inUse,
  },
  {
    from: "aws:acm/certificateValidation:CertificateValidation",
    path: "certificateArn",
    to: CERTIFICATE,
    missing: ["ResourceNotFoundException", "Could not find the certificate"],
    onDelete: "follows",
  },

  {
    from: GROUP,
    path: "vpcZoneIdentifiers[*]",
    to: SUBNET,
    missing: ["ValidationError", "The subnet ID does not exist:"],
    onDelete: dependent("subnet"),
  },
  {
    from: GROUP,
    path: "targetGroupArns[*]",
    to: TARGET_GROUP,
    missing: ["ValidationError", "The target group does not exist or is in another region:"],
  },
  {
    from: GROUP,
    path: "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateId",
    to: "aws:ec2/launchTemplate:LaunchTemplate",
    missing: ["InvalidLaunchTemplateId.NotFound", "The launch template does not exist:"],
  },
  ...["aws:autoscaling/lifecycleHook:LifecycleHook", "aws:autoscaling/policy:Policy"].map((from): Reference => ({
    from,
    path: "autoscalingGroupName",
    to: GROUP,
    missing: ["ValidationError", "AutoScalingGroup name not found:"],
    onDelete: "follows",
  })),

  ...[
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  ].map(ofBucket),
  ...["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/objectCopy:ObjectCopy"].map((from): Reference => ({
    from,
    path: "bucket",
    to: BUCKET,
    missing: noBucket,
    onDelete: ["BucketNotEmpty", "The bucket you tried to delete is not empty"],
  })),
  {
    from: "aws:ec2/flowLog:FlowLog",
    path: "logDestination",
    to: BUCKET,
    by: "arn",
    anyRegion: true,
    missing: ["LogDestinationNotFoundException", "The log destination does not exist:"],
  },

  {
    from: "aws:route53/record:Record",
    path: "zoneId",
    to: "aws:route53/zone:Zone",
    missing: ["NoSuchHostedZone", "No hosted zone found with ID:"],
    onDelete: [
      "HostedZoneNotEmpty",
      "The specified hosted zone contains non-required resource record sets and so cannot be deleted",
    ],
  },
  {
    from: "aws:route53/record:Record",
    path: "healthCheckId",
    to: "aws:route53/healthCheck:HealthCheck",
    missing: ["NoSuchHealthCheck", "A health check does not exist with the ID"],
  },
  {
    from: "aws:route53/record:Record",
    path: "aliases[*].name",
    to: LOAD_BALANCER,
    by: "dnsName",
    anyRegion: true,
    missing: ["InvalidChangeBatch", "Tried to create an alias that targets a name which was not found:"],
  },

  {
    from: "aws:iam/rolePolicy:RolePolicy",
    path: "role",
    to: ROLE,
    missing: ["NoSuchEntity", "The role cannot be found:"],
    onDelete: ["DeleteConflict", "Cannot delete entity, must delete policies first"],
  },
  {
    from: "aws:iam/instanceProfile:InstanceProfile",
    path: "role",
    to: ROLE,
    missing: ["NoSuchEntity", "The role cannot be found:"],
    onDelete: ["DeleteConflict", "Cannot delete entity, must remove roles from instance profile first"],
  },
  ...[ALARM, COMPOSITE].flatMap((from) =>
    ["alarmActions[*]", "insufficientDataActions[*]", "okActions[*]"].map((path): Reference => ({
      from,
      path,
      to: TOPIC,
      by: "arn",
      missing: ["ValidationError", "The topic does not exist in the alarm's region:"],
    })),
  ),
  {
    from: "aws:sns/topicSubscription:TopicSubscription",
    path: "topic",
    to: TOPIC,
    by: "arn",
    missing: ["NotFound", "Topic does not exist:"],
    onDelete: "follows",
  },
];
