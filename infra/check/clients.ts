// First, since it silences a warning that the SDK would print when it is loaded.
import "../terminal/awsReason";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SNSClient } from "@aws-sdk/client-sns";
import { STSClient } from "@aws-sdk/client-sts";
import { proxyOptions } from "../terminal/proxy";

/** There is time, and Service Quotas slows its callers down: what it refuses so is asked again, with pauses. */
function limits() {
  return {
    maxAttempts: 6,
    requestHandler: {
      connectionTimeout: 5000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
      ...proxyOptions(),
    },
  };
}

/** Clients of one region, with the caller's credentials. */
export function regionalClients(region: string) {
  const options = { region, ...limits() };
  return { ec2: new EC2Client(options), kms: new KMSClient(options), quotas: new ServiceQuotasClient(options) };
}

export type RegionalClients = ReturnType<typeof regionalClients>;

/** Where AWS has Route 53's control plane, its metrics, and so the alarms on them. */
const GLOBAL = "us-east-1";

/** Clients of what an account has one of. */
export function accountClients(homeRegion: string) {
  const home = { region: homeRegion, ...limits() };
  const global = { region: GLOBAL, ...limits() };
  return {
    sts: new STSClient(home),
    iam: new IAMClient(home),
    ec2: new EC2Client(home),
    // The bucket of packages may be in any region.
    s3: new S3Client({ ...home, followRegionRedirects: true }),
    route53: new Route53Client(global),
    cloudWatch: new CloudWatchClient(global),
    sns: new SNSClient(global),
  };
}

export type AccountClients = ReturnType<typeof accountClients>;
