import { ListSubscriptionsCommand, type SNSClient, type Subscription } from "@aws-sdk/client-sns";
import { ROUTE53_METRICS_REGION } from "../../components/route53";
import { awsReason } from "../terminal/awsReason";
import { plain } from "../terminal/plain";
import type { clientsOf } from "./clients";

/** Where a footprint has a topic of alarms, and with what the topic's name begins. */
interface Topic {
  readonly region: string;
  readonly prefix: string;
}

/** As SNS calls the ARN of a subscription that nobody has confirmed (SNS API Reference, Subscribe). */
const PENDING = "PendingConfirmation";

/**
 * What somebody should know of who hears alarms: SNS sends nothing to an address that has not confirmed, and its link is
 * good for three days. One line each; empty when all is well.
 */
export async function alarmAttention(
  regions: readonly string[],
  clients: typeof clientsOf,
): Promise<readonly string[]> {
  const topics: readonly Topic[] = [
    ...regions.map((region) => ({ region, prefix: `${region}-alarms-` })),
    { region: ROUTE53_METRICS_REGION, prefix: "footprint-alarms-" },
  ];
  const lines = await Promise.all(topics.map((topic) => topicAttention(topic, clients)));
  return [...new Set(lines.flat())];
}

async function topicAttention({ region, prefix }: Topic, clients: typeof clientsOf): Promise<readonly string[]> {
  try {
    return (await subscriptions(clients(region).sns))
      .filter(
        ({ TopicArn = "", SubscriptionArn }) => SubscriptionArn === PENDING && nameOf(TopicArn).startsWith(prefix),
      )
      .map(
        ({ TopicArn = "", Endpoint = "" }) =>
          `${plain(Endpoint)} has not confirmed its subscription to ${nameOf(TopicArn)} (${region}) and hears nothing: ` +
          "follow the link in AWS's mail, or have a new one sent by `aws sns subscribe`",
      );
  } catch (error) {
    return [`who hears the alarms in ${region} cannot be read (${awsReason(error)})`];
  }
}

function nameOf(topicArn: string): string {
  return topicArn.split(":").at(-1) ?? "";
}

async function subscriptions(sns: SNSClient): Promise<readonly Subscription[]> {
  const found: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sns.send(new ListSubscriptionsCommand(NextToken === undefined ? {} : { NextToken }));
    found.push(...(page.Subscriptions ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined && NextToken !== "");
  return found;
}
