import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_LIMITS } from "../../components/node/agent/limits";
import { accountOptions, type Service } from "../terminal/account";

/** Clients of one region, with the credentials of the stack's account. What does not answer in time counts as away. */
export interface Clients {
  readonly s3: S3Client;
  readonly sns: SNSClient;
  readonly ssm: SSMClient;
  readonly autoScaling: AutoScalingClient;
}

export function clientsOf(region: string): Clients {
  return {
    s3: new S3Client(clientOptions("s3", region)),
    sns: new SNSClient(clientOptions("sns", region)),
    ssm: new SSMClient(clientOptions("ssm", region)),
    autoScaling: new AutoScalingClient(clientOptions("autoscaling", region)),
  };
}

/**
 * Of any client of one region.
 *
 * @param requestTimeout milliseconds until an answer begins; default: a node's
 */
export function clientOptions(
  service: Service,
  region: string,
  requestTimeout: number = CLIENT_LIMITS.requestHandler.requestTimeout,
) {
  const timeouts = { ...CLIENT_LIMITS.requestHandler, requestTimeout };
  return { ...CLIENT_LIMITS, ...accountOptions(service, region, timeouts) };
}

/** The same for a command that goes on: each region's are made once. */
export function keptClients(): typeof clientsOf {
  const kept = new Map<string, Clients>();
  return (region) => {
    const clients = kept.get(region) ?? clientsOf(region);
    kept.set(region, clients);
    return clients;
  };
}
