import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface AlarmTopicArgs {
  region: string;
  /** Addresses that are asked to subscribe; each has to confirm by a link that AWS mails. */
  emails: string[];
}

/**
 * Where a region's alarms go.
 *
 * ```ts
 * const topic = new AlarmTopic("edge-alarms", { region: "eu-central-1", emails: ["noc@example.com"] });
 * ```
 *
 * Creates a topic and a subscription per address; without addresses whoever wants to hear subscribes by hand. The
 * topic is not encrypted: alarms cannot publish to one under AWS's own key, and what they say is no secret. Costs
 * nothing worth naming.
 */
export class AlarmTopic extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: AlarmTopicArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:alarmTopic:AlarmTopic", name, {}, opts);
    const { region } = args;

    const topic = new aws.sns.Topic(name, { region }, { parent: this });
    for (const email of args.emails) {
      new aws.sns.TopicSubscription(
        `${name}-${email}`,
        { region, topic: topic.arn, protocol: "email", endpoint: email },
        { parent: this },
      );
    }

    this.arn = topic.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
