// What others may use, and nothing else. In the order in which a packet travels: the whole, names, network, door, nodes,
// alarms.

export { Footprint, type FootprintArgs, type FootprintPop, type FootprintZone } from "./footprint";
export { Pop, PopState, type PopArgs, type PopParts } from "./pop";
export { DrainGuard, type DrainGuardArgs } from "./drainGuard";
export { StepGuard, type StepGuardArgs } from "./stepGuard";

export { HostedZones, type CaaName, type HostedZone, type HostedZonesArgs } from "./hostedZones";
export type { HostedName } from "./hostedName";
export { LatencyRouting, type LatencyRoutingArgs } from "./latencyRouting";
export {
  popName,
  PopRouting,
  type AliasTarget,
  type HealthCheckArgs,
  type PopRoutingArgs,
  type RoutedPop,
  type RoutingArgs,
} from "./popRouting";
export { ROUTE53_METRICS_REGION } from "./route53";

export { Egress, FlowLogs, Network, type NetworkArgs } from "./network";
export type { Zone } from "./zone";
export { LogBucket, type LogBucketArgs, type LogDestination } from "./logBucket";
export { PrivateBucket, type PrivateBucketArgs, type RetentionRule, type ServiceAccess } from "./privateBucket";

export { Certificates, type CertificatesArgs } from "./certificates";
export { LoadBalancer, type LoadBalancerArgs, type TrafficSource } from "./loadBalancer";
export { TlsPolicy } from "./tlsPolicies";

export {
  CacheKeyQuery,
  ClientAddress,
  OriginHost,
  RedirectStatus,
  Scheme,
  SiteDns,
  type CacheKeyArgs,
  type OriginArgs,
  type SiteArgs,
  type StaleArgs,
} from "./site";
export { Secrets, type FootprintSecrets, type SecretPair, type SecretsArgs } from "./secrets";
export {
  SecretParameters,
  type ParameterPair,
  type ParameterReference,
  type ParameterReferences,
  type SecretParametersArgs,
} from "./secretParameters";
export { NodeStore, type AgentFile, type NodeStoreArgs, type PackagesArgs } from "./nodeStore";
export { OBJECTIVES, type MetricsArgs, type ObjectivesArgs } from "./metrics";
export {
  CacheFleet,
  type CacheFleetArgs,
  type FleetAlarms,
  type FleetNetwork,
  type FleetStore,
  type NodesArgs,
} from "./cacheFleet";
export type { ScalingTarget } from "./cacheFleet/scaling";

export { Alarms, type AlarmsArgs } from "./alarms";
export { AlarmTopic, type AlarmTopicArgs } from "./alarmTopic";
export { Dashboard, type DashboardArgs, type DashboardPop } from "./dashboard";
