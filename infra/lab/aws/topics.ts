import type { Answer } from "./wire";

/** A subscription to a topic, as SNS lists it. */
export interface Subscribed {
  readonly region: string;
  readonly topic: string;
  readonly endpoint: string;
  readonly confirmed: boolean;
}

/** Entries of a page; SNS gives a hundred. */
const PAGE = 2;

/** ListSubscriptions (SNS API Reference): page by page, what waits for its confirmation without an ARN of its own. */
export function subscriptions(all: readonly Subscribed[], region: string, asked: URLSearchParams): Answer {
  const from = Number(asked.get("NextToken") ?? 0);
  const here = all.filter((each) => each.region === region);
  const members = here.slice(from, from + PAGE).map(({ topic, endpoint, confirmed }) => {
    const arn = `arn:aws:sns:${region}:111122223333:${topic}`;
    return (
      `<member><TopicArn>${arn}</TopicArn><Protocol>email</Protocol><Endpoint>${endpoint}</Endpoint>` +
      `<SubscriptionArn>${confirmed ? `${arn}:1` : "PendingConfirmation"}</SubscriptionArn></member>`
    );
  });
  const next = from + PAGE < here.length ? `<NextToken>${String(from + PAGE)}</NextToken>` : "";
  const result = `<Subscriptions>${members.join("")}</Subscriptions>${next}`;
  const body = `<ListSubscriptionsResponse><ListSubscriptionsResult>${result}</ListSubscriptionsResult></ListSubscriptionsResponse>`;
  return { status: 200, headers: { "content-type": "text/xml" }, body };
}
