/** Characters that Pulumi's auto-naming adds to a logical name: "-" and seven hexadecimal digits. */
export const SUFFIX = 8;

/** What a service says about the names of one type of resource. */
export interface NameLimit {
  /** The input that holds the physical name. */
  readonly property: string;
  /** Characters at most, suffix included. */
  readonly longest: number;
  /** What the whole name must match. */
  readonly pattern: RegExp;
  readonly source: string;
}

/** Types that have a name which Pulumi makes from the logical one when the program gives none. */
export const NAMED: Readonly<Record<string, NameLimit>> = {
  "aws:autoscaling/group:Group": {
    property: "name",
    longest: 255,
    pattern: /^[ -9;-~]+$/,
    source: "CreateAutoScalingGroup: AutoScalingGroupName, 1 to 255, no colon",
  },
  "aws:autoscaling/policy:Policy": {
    property: "name",
    longest: 255,
    pattern: /^[ -~]+$/,
    source: "PutScalingPolicy: PolicyName, 1 to 255",
  },
  "aws:autoscaling/lifecycleHook:LifecycleHook": {
    property: "name",
    longest: 255,
    pattern: /^[A-Za-z0-9\-_/]+$/,
    source: "PutLifecycleHook: LifecycleHookName, 1 to 255",
  },
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
    property: "alarmName",
    longest: 255,
    pattern: /^[ -~]+$/,
    source: "PutCompositeAlarm: AlarmName, 1 to 255",
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    property: "name",
    longest: 255,
    pattern: /^[ -~]+$/,
    source: "PutMetricAlarm: AlarmName, 1 to 255, no ASCII control characters",
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    property: "name",
    longest: 128,
    pattern: /^[a-zA-Z0-9().\-/_]{3,}$/,
    source: "CreateLaunchTemplate: LaunchTemplateName, 3 to 128",
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    property: "name",
    longest: 255,
    pattern: /^(?!sg-)[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]+$/,
    source: "CreateSecurityGroup: GroupName, up to 255, not beginning with sg-",
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    property: "name",
    longest: 128,
    pattern: /^[\w+=,.@-]+$/,
    source: "CreateInstanceProfile: InstanceProfileName, 1 to 128",
  },
  "aws:iam/role:Role": {
    property: "name",
    longest: 64,
    pattern: /^[\w+=,.@-]+$/,
    source: "CreateRole: RoleName, 1 to 64",
  },
  "aws:iam/rolePolicy:RolePolicy": {
    property: "name",
    longest: 128,
    pattern: /^[\w+=,.@-]+$/,
    source: "PutRolePolicy: PolicyName, 1 to 128",
  },
  "aws:lb/loadBalancer:LoadBalancer": {
    property: "name",
    longest: 32,
    pattern: /^(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/,
    source: "CreateLoadBalancer: Name, 32 alphanumeric characters or hyphens, not beginning with internal-",
  },
  "aws:lb/targetGroup:TargetGroup": {
    property: "name",
    longest: 32,
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/,
    source: "CreateTargetGroup: Name, 32 alphanumeric characters or hyphens",
  },
  "aws:s3/bucket:Bucket": {
    property: "bucket",
    longest: 63,
    pattern: /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?!.*\.\.)[a-z0-9.-]+[a-z0-9]$/,
    source: "S3, bucket naming rules: 3 to 63, lower case",
  },
  "aws:sns/topic:Topic": {
    property: "name",
    longest: 256,
    pattern: /^[A-Za-z0-9_-]+$/,
    source: "CreateTopic: Name, up to 256",
  },
  "aws:ssm/parameter:Parameter": {
    property: "name",
    // The limit is 1,011, and counts `arn:aws:ssm:<region>:<account>:parameter/`, at most 60 characters, too.
    longest: 1011 - 60,
    pattern: /^(?!aws|ssm)[a-zA-Z0-9_.-]+$/i,
    source: "PutParameter: Name, 1,011 with the ARN before it, not beginning with aws or ssm",
  },
};

/** Types whose name is what they are, given by the program. */
export const IDENTIFIED: Readonly<Record<string, NameLimit>> = {
  "aws:cloudwatch/dashboard:Dashboard": {
    property: "dashboardName",
    longest: 255,
    pattern: /^[A-Za-z0-9_-]+$/,
    source: "PutDashboard: DashboardName, at most 255",
  },
  "aws:route53/record:Record": {
    property: "name",
    longest: 255,
    pattern: /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])$/,
    source: "RFC 1035: 255; Route 53 takes it as it is",
  },
  "aws:route53/zone:Zone": {
    property: "name",
    longest: 255,
    pattern: /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])$/,
    source: "CreateHostedZone: Name, up to 1,024 in Route 53's own writing; RFC 1035: 255",
  },
  "aws:acm/certificate:Certificate": {
    property: "domainName",
    longest: 64,
    pattern: /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])$/,
    source: "RequestCertificate: the first domain name becomes the common name, up to 64",
  },
  ...Object.fromEntries(
    ["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/objectCopy:ObjectCopy"].map((type): [string, NameLimit] => [
      type,
      {
        property: "key",
        longest: 1024,
        pattern: /^[a-zA-Z0-9!\-_.*'()/]+$/,
        source: "S3, object keys: up to 1,024 bytes; characters that are safe in every client",
      },
    ]),
  ),
  "aws:route53/healthCheck:HealthCheck": {
    property: "fqdn",
    longest: 255,
    pattern: /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])$/,
    source: "CreateHealthCheck: FullyQualifiedDomainName, up to 255",
  },
};

/** Types without a name: AWS gives them an id, or they are a part of something that has a name. */
export const NAMELESS: readonly string[] = [
  "aws:acm/certificateValidation:CertificateValidation",
  "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
  "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
  "aws:ec2/eip:Eip",
  "aws:ec2/flowLog:FlowLog",
  "aws:ec2/internetGateway:InternetGateway",
  "aws:ec2/natGateway:NatGateway",
  "aws:ec2/networkAcl:NetworkAcl",
  "aws:ec2/route:Route",
  "aws:ec2/routeTable:RouteTable",
  "aws:ec2/routeTableAssociation:RouteTableAssociation",
  "aws:ec2/subnet:Subnet",
  "aws:ec2/vpc:Vpc",
  "aws:ec2/vpcEndpoint:VpcEndpoint",
  "aws:lb/listener:Listener",
  "aws:lb/listenerCertificate:ListenerCertificate",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "aws:s3/bucketVersioning:BucketVersioning",
  "aws:sns/topicSubscription:TopicSubscription",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  "random:index/randomPassword:RandomPassword",
];

/** Texts with a limit of their own, by type and property. */
export const TEXTS: Readonly<Record<string, Readonly<Record<string, Omit<NameLimit, "property">>>>> = {
  "aws:ec2/launchTemplate:LaunchTemplate": {
    description: { longest: 255, pattern: /^[ -~]+$/, source: "LaunchTemplateVersion: VersionDescription, up to 255" },
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    description: {
      longest: 255,
      pattern: /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]+$/,
      source: "CreateSecurityGroup: GroupDescription, up to 255",
    },
  },
  ...Object.fromEntries(
    ["Ingress", "Egress"].map((side) => [
      `aws:vpc/securityGroup${side}Rule:SecurityGroup${side}Rule`,
      {
        description: {
          longest: 255,
          pattern: /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]+$/,
          source: "AuthorizeSecurityGroup…: Description, up to 255; an apostrophe is refused",
        },
      },
    ]),
  ),
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
    alarmDescription: {
      longest: 1024,
      pattern: /^[ -~]+$/,
      source: "PutCompositeAlarm: AlarmDescription, up to 1,024",
    },
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    alarmDescription: { longest: 1024, pattern: /^[ -~]+$/, source: "PutMetricAlarm: AlarmDescription, up to 1,024" },
  },
  "aws:iam/role:Role": {
    description: {
      longest: 1000,
      pattern: /^[\t\n\r -~\u00A1-\u00FF]*$/,
      source: "CreateRole: Description, up to 1,000",
    },
  },
  "aws:route53/record:Record": {
    setIdentifier: { longest: 128, pattern: /^[ -~]+$/, source: "ResourceRecordSet: SetIdentifier, 1 to 128" },
  },
  "aws:route53/healthCheck:HealthCheck": {
    resourcePath: { longest: 255, pattern: /^\/[!-~]*$/, source: "HealthCheckConfig: ResourcePath, up to 255" },
  },
};

/** A tag's value that every service takes; some refuse all else. ACM: Tag. */
export const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
/** Its key. */
export const TAG_KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
/** Tags on one resource at most, for every service that is used here. */
export const TAG_LIMIT = 50;
/** Types that take fewer. */
export const TAG_LIMITS: Readonly<Record<string, number>> = {
  // ChangeTagsForResource: AddTags, 10 members at most; the provider makes one call.
  "aws:route53/healthCheck:HealthCheck": 10,
  "aws:route53/zone:Zone": 10,
  // PutObjectTagging and CopyObject: 10 tags at most.
  "aws:s3/bucketObjectv2:BucketObjectv2": 10,
  "aws:s3/objectCopy:ObjectCopy": 10,
};
