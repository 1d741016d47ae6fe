// First, since it silences a warning that the SDK would print when it is loaded.
import "../terminal/awsReason";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_LIMITS } from "../../components/node/agent/limits";
import { proxyOptions } from "../terminal/proxy";

/** Clients of one region, with the caller's credentials. What does not answer in time counts as away. */
export interface Clients {
  readonly s3: S3Client;
  readonly sns: SNSClient;
  readonly ssm: SSMClient;
  readonly autoScaling: AutoScalingClient;
}

export function clientsOf(region: string): Clients {
  const options = clientOptions(region);
  return {
    s3: new S3Client(options),
    sns: new SNSClient(options),
    ssm: new SSMClient(options),
    autoScaling: new AutoScalingClient(options),
  };
}

/**
 * Of any client of one region.
 *
 * @param requestTimeout milliseconds until an answer begins; default: a node's
 */
export function clientOptions(region: string, requestTimeout: number = CLIENT_LIMITS.requestHandler.requestTimeout) {
  const requestHandler = { ...CLIENT_LIMITS.requestHandler, requestTimeout, ...proxyOptions() };
  return { region, ...CLIENT_LIMITS, requestHandler };
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
