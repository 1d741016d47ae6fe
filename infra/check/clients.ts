import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SNSClient } from "@aws-sdk/client-sns";
import { STSClient } from "@aws-sdk/client-sts";
import { accountOptions, type Service } from "../terminal/account";

/** There is time, and Service Quotas slows its callers down: what it refuses so is asked again, with pauses. */
const ATTEMPTS = { maxAttempts: 6 };
const TIMEOUTS = { connectionTimeout: 5000, requestTimeout: 20_000, throwOnRequestTimeout: true };

function options(service: Service, region: string) {
  return { ...ATTEMPTS, ...accountOptions(service, region, TIMEOUTS) };
}

/** Clients of one region, with the credentials of the stack's account. */
export function regionalClients(region: string) {
  return {
    ec2: new EC2Client(options("ec2", region)),
    kms: new KMSClient(options("kms", region)),
    quotas: new ServiceQuotasClient(options("servicequotas", region)),
  };
}

export type RegionalClients = ReturnType<typeof regionalClients>;

/** Where AWS has Route 53's control plane, its metrics, and so the alarms on them. */
const GLOBAL = "us-east-1";

/** Clients of what an account has one of. */
export function accountClients(homeRegion: string) {
  return {
    sts: new STSClient(options("sts", homeRegion)),
    iam: new IAMClient(options("iam", homeRegion)),
    ec2: new EC2Client(options("ec2", homeRegion)),
    // The bucket of packages may be in any region.
    s3: new S3Client({ ...options("s3", homeRegion), followRegionRedirects: true }),
    route53: new Route53Client(options("route53", GLOBAL)),
    cloudWatch: new CloudWatchClient(options("cloudwatch", GLOBAL)),
    sns: new SNSClient(options("sns", GLOBAL)),
  };
}

export type AccountClients = ReturnType<typeof accountClients>;
