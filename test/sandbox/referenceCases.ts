/** What AWS says of each reference: when its target is missing, and when the target is deleted. */
export interface ReferenceCase {
  /** Type that refers, without its package. */
  readonly from: string;
  readonly path: string;
  /** Code and words before the missing value. */
  readonly missing: string;
  /** Code and words of the refusal; or what becomes of the one that refers. */
  readonly deletion: string;
}

export const REFERENCE_CASES: readonly ReferenceCase[] = [
  {
    from: "Subnet",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "DependencyViolation: The vpc has dependencies and cannot be deleted",
  },
  {
    from: "InternetGateway",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "DependencyViolation: The vpc has dependencies and cannot be deleted",
  },
  {
    from: "EgressOnlyInternetGateway",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "DependencyViolation: The vpc has dependencies and cannot be deleted",
  },
  {
    from: "RouteTable",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "DependencyViolation: The vpc has dependencies and cannot be deleted",
  },
  {
    from: "NetworkAcl",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "DependencyViolation: The vpc has dependencies and cannot be deleted",
  },
  {
    from: "VpcEndpoint",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "DependencyViolation: The vpc has dependencies and cannot be deleted",
  },
  {
    from: "NatGateway",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "DependencyViolation: The vpc has dependencies and cannot be deleted",
  },
  {
    from: "SecurityGroup",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "DependencyViolation: The vpc has dependencies and cannot be deleted",
  },
  {
    from: "DefaultSecurityGroup",
    path: "vpcId",
    missing: "InvalidVpcID.NotFound: The vpc ID does not exist:",
    deletion: "follows",
  },
  { from: "FlowLog", path: "vpcId", missing: "InvalidVpcID.NotFound: The vpc ID does not exist:", deletion: "follows" },
  {
    from: "DefaultNetworkAcl",
    path: "defaultNetworkAclId",
    missing: "InvalidNetworkAclID.NotFound: The networkAcl ID does not exist:",
    deletion: "follows",
  },
  { from: "TargetGroup", path: "vpcId", missing: "ValidationError: The VPC does not exist:", deletion: "dangles" },
  {
    from: "RouteTableAssociation",
    path: "routeTableId",
    missing: "InvalidRouteTableID.NotFound: The routeTable ID does not exist:",
    deletion: "DependencyViolation: The routeTable has dependencies and cannot be deleted",
  },
  {
    from: "RouteTableAssociation",
    path: "subnetId",
    missing: "InvalidSubnetID.NotFound: The subnet ID does not exist:",
    deletion: "follows",
  },
  {
    from: "Route",
    path: "routeTableId",
    missing: "InvalidRouteTableID.NotFound: The routeTable ID does not exist:",
    deletion: "follows",
  },
  {
    from: "Route",
    path: "gatewayId",
    missing: "InvalidGatewayID.NotFound: The gateway ID does not exist:",
    deletion: "dangles",
  },
  {
    from: "Route",
    path: "egressOnlyGatewayId",
    missing: "InvalidGatewayID.NotFound: The gateway ID does not exist:",
    deletion: "dangles",
  },
  {
    from: "Route",
    path: "natGatewayId",
    missing: "NatGatewayNotFound: The NAT gateway does not exist:",
    deletion: "dangles",
  },
  {
    from: "NatGateway",
    path: "availabilityZoneAddresses[*].allocationIds[*]",
    missing: "InvalidAllocationID.NotFound: The allocation ID does not exist:",
    deletion: "InvalidIPAddress.InUse: The address is in use by a NAT gateway and cannot be released",
  },
  {
    from: "VpcEndpoint",
    path: "routeTableIds[*]",
    missing: "InvalidRouteTableId.NotFound: The routeTable ID does not exist:",
    deletion: "dangles",
  },
  {
    from: "NetworkAcl",
    path: "subnetIds[*]",
    missing: "InvalidSubnetID.NotFound: The subnet ID does not exist:",
    deletion: "dangles",
  },
  {
    from: "SecurityGroupIngressRule",
    path: "securityGroupId",
    missing: "InvalidGroup.NotFound: The security group does not exist:",
    deletion: "follows",
  },
  {
    from: "SecurityGroupIngressRule",
    path: "referencedSecurityGroupId",
    missing: "InvalidGroup.NotFound: The security group does not exist:",
    deletion: "DependencyViolation: The security group is named by a rule of another one",
  },
  {
    from: "SecurityGroupEgressRule",
    path: "securityGroupId",
    missing: "InvalidGroup.NotFound: The security group does not exist:",
    deletion: "follows",
  },
  {
    from: "SecurityGroupEgressRule",
    path: "referencedSecurityGroupId",
    missing: "InvalidGroup.NotFound: The security group does not exist:",
    deletion: "DependencyViolation: The security group is named by a rule of another one",
  },
  {
    from: "LaunchTemplate",
    path: "networkInterfaces[*].securityGroups[*]",
    missing: "InvalidGroup.NotFound: The security group does not exist:",
    deletion: "dangles",
  },
  {
    from: "LaunchTemplate",
    path: "iamInstanceProfile.arn",
    missing: "InvalidIamInstanceProfileArn.Malformed: The instance profile does not exist:",
    deletion: "dangles",
  },
  {
    from: "LoadBalancer",
    path: "subnets[*]",
    missing: "SubnetNotFound: The subnet ID does not exist:",
    deletion: "DependencyViolation: The subnet has dependencies and cannot be deleted",
  },
  {
    from: "LoadBalancer",
    path: "securityGroups[*]",
    missing: "InvalidSecurityGroup: The security group does not exist:",
    deletion: "DependencyViolation: The security group has a dependent object: a network interface of a load balancer",
  },
  {
    from: "LoadBalancer",
    path: "accessLogs.bucket",
    missing: "InvalidConfigurationRequest: Access logs: there is no such bucket in the load balancer's region:",
    deletion: "dangles",
  },
  {
    from: "Listener",
    path: "loadBalancerArn",
    missing: "LoadBalancerNotFound: One or more load balancers not found:",
    deletion: "follows",
  },
  {
    from: "Listener",
    path: "defaultActions[*].targetGroupArn",
    missing: "TargetGroupNotFound: One or more target groups not found:",
    deletion: "ResourceInUse: The target group is currently in use by a listener or a rule",
  },
  {
    from: "Listener",
    path: "certificateArn",
    missing: "CertificateNotFound: The certificate does not exist:",
    deletion: "ResourceInUseException: The certificate is in use by a load balancer",
  },
  {
    from: "ListenerCertificate",
    path: "listenerArn",
    missing: "ListenerNotFound: One or more listeners not found:",
    deletion: "follows",
  },
  {
    from: "ListenerCertificate",
    path: "certificateArn",
    missing: "CertificateNotFound: The certificate does not exist:",
    deletion: "ResourceInUseException: The certificate is in use by a load balancer",
  },
  {
    from: "CertificateValidation",
    path: "certificateArn",
    missing: "ResourceNotFoundException: Could not find the certificate",
    deletion: "follows",
  },
  {
    from: "Group",
    path: "vpcZoneIdentifiers[*]",
    missing: "ValidationError: The subnet ID does not exist:",
    deletion: "DependencyViolation: The subnet has dependencies and cannot be deleted",
  },
  {
    from: "Group",
    path: "targetGroupArns[*]",
    missing: "ValidationError: The target group does not exist or is in another region:",
    deletion: "dangles",
  },
  {
    from: "Group",
    path: "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateId",
    missing: "InvalidLaunchTemplateId.NotFound: The launch template does not exist:",
    deletion: "dangles",
  },
  {
    from: "LifecycleHook",
    path: "autoscalingGroupName",
    missing: "ValidationError: AutoScalingGroup name not found:",
    deletion: "follows",
  },
  {
    from: "Policy",
    path: "autoscalingGroupName",
    missing: "ValidationError: AutoScalingGroup name not found:",
    deletion: "follows",
  },
  {
    from: "BucketVersioning",
    path: "bucket",
    missing: "NoSuchBucket: The specified bucket does not exist:",
    deletion: "follows",
  },
  {
    from: "BucketServerSideEncryptionConfiguration",
    path: "bucket",
    missing: "NoSuchBucket: The specified bucket does not exist:",
    deletion: "follows",
  },
  {
    from: "BucketPublicAccessBlock",
    path: "bucket",
    missing: "NoSuchBucket: The specified bucket does not exist:",
    deletion: "follows",
  },
  {
    from: "BucketPolicy",
    path: "bucket",
    missing: "NoSuchBucket: The specified bucket does not exist:",
    deletion: "follows",
  },
  {
    from: "BucketLifecycleConfiguration",
    path: "bucket",
    missing: "NoSuchBucket: The specified bucket does not exist:",
    deletion: "follows",
  },
  ...["BucketObjectv2", "ObjectCopy"].map((from) => ({
    from,
    path: "bucket",
    missing: "NoSuchBucket: The specified bucket does not exist:",
    deletion: "BucketNotEmpty: The bucket you tried to delete is not empty",
  })),
  {
    from: "FlowLog",
    path: "logDestination",
    missing: "LogDestinationNotFoundException: The log destination does not exist:",
    deletion: "dangles",
  },
  {
    from: "Record",
    path: "zoneId",
    missing: "NoSuchHostedZone: No hosted zone found with ID:",
    deletion:
      "HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets and so cannot be deleted",
  },
  {
    from: "Record",
    path: "healthCheckId",
    missing: "NoSuchHealthCheck: A health check does not exist with the ID",
    deletion: "dangles",
  },
  {
    from: "Record",
    path: "aliases[*].name",
    missing: "InvalidChangeBatch: Tried to create an alias that targets a name which was not found:",
    deletion: "dangles",
  },
  {
    from: "RolePolicy",
    path: "role",
    missing: "NoSuchEntity: The role cannot be found:",
    deletion: "DeleteConflict: Cannot delete entity, must delete policies first",
  },
  {
    from: "InstanceProfile",
    path: "role",
    missing: "NoSuchEntity: The role cannot be found:",
    deletion: "DeleteConflict: Cannot delete entity, must remove roles from instance profile first",
  },
  {
    from: "MetricAlarm",
    path: "alarmActions[*]",
    missing: "ValidationError: The topic does not exist in the alarm's region:",
    deletion: "dangles",
  },
  {
    from: "MetricAlarm",
    path: "insufficientDataActions[*]",
    missing: "ValidationError: The topic does not exist in the alarm's region:",
    deletion: "dangles",
  },
  {
    from: "MetricAlarm",
    path: "okActions[*]",
    missing: "ValidationError: The topic does not exist in the alarm's region:",
    deletion: "dangles",
  },
  ...["alarmActions[*]", "insufficientDataActions[*]", "okActions[*]"].map((path) => ({
    from: "CompositeAlarm",
    path,
    missing: "ValidationError: The topic does not exist in the alarm's region:",
    deletion: "dangles",
  })),
  { from: "TopicSubscription", path: "topic", missing: "NotFound: Topic does not exist:", deletion: "follows" },
];
