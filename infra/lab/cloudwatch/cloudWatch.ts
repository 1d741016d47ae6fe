import { METRICS_NAMESPACE } from "../../../components/node/protocol/metrics";
import type { Cloud } from "../aws/cloud";
import { series, STATISTICS, type Datum, type Statistic } from "../aws/series";
import { TYPES } from "../declared";
import type { Happenings } from "../happenings";
import type { LivingAws } from "../livingAws";
import type { ScalingGroup } from "../scalingGroup";
import { alarmOf, faster, stateOf, type AlarmState, type Read, type Watched } from "./alarm";
import { trackingOf, wantedNodes } from "./tracking";

export interface CloudWatchOptions {
  readonly cloud: Cloud;
  readonly aws: LivingAws;
  readonly happenings: Happenings;
  /** How many times faster than declared its minutes are, as far as they are of what AWS itself publishes. */
  readonly pace: number;
}

/** Seconds between two looks at what AWS itself publishes, once a minute or of a whole minute. */
const LOOK = 10;
/** Seconds for which data are kept: as long as the longest period of an alarm that is judged. */
const KEPT = 3 * 3600;

/** Namespaces of AWS's own metrics that there are here. */
const OWN = { groups: "AWS/AutoScaling", loadBalancers: "AWS/NetworkELB", instances: "AWS/EC2" } as const;

/** CloudWatch: publishes what AWS itself does of groups, targets and nodes, judges the declared alarms, and lets groups grow. */
export class CloudWatch {
  private readonly states = new Map<string, AlarmState>();
  private readonly sentBefore = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private minute: number;

  constructor(private readonly options: CloudWatchOptions) {
    this.minute = this.minuteOf(Date.now());
    this.timer = setInterval(
      () => {
        this.look(Date.now());
      },
      (LOOK * 1000) / options.pace,
    ).unref();
  }

  /** Whether an alarm sounds, by its name. */
  sounds(name: string): boolean {
    return this.states.get(name) === "ALARM";
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(now: number): void {
    const { cloud, aws } = this.options;
    for (const group of aws.groups.values()) {
      this.publish(now, group);
    }
    for (const [arn, group] of aws.targetGroups) {
      this.publishTargets(now, arn, group.targets);
    }
    if (this.minuteOf(now) === this.minute) {
      return;
    }
    this.minute = this.minuteOf(now);
    for (const group of aws.groups.values()) {
      this.publishSent(now, group);
    }
    const { metrics } = cloud;
    metrics.splice(
      0,
      Math.max(
        0,
        metrics.findIndex(({ at }) => at.getTime() > now - KEPT * 1000),
      ),
    );
    this.judge(now / 1000);
    this.grow(now / 1000);
  }

  private publish(now: number, group: ScalingGroup): void {
    const { settings, desired, instances } = group;
    const count = (state: string) => instances.filter((each) => each.state.startsWith(state)).length;
    const dimensions = { AutoScalingGroupName: settings.name };
    const values = {
      GroupDesiredCapacity: desired,
      GroupInServiceInstances: count("InService"),
      GroupMaxSize: settings.max,
      GroupMinSize: settings.min,
      GroupPendingInstances: count("Pending"),
      GroupTerminatingInstances: count("Terminat"),
    };
    for (const [name, value] of Object.entries(values)) {
      this.add({ region: settings.region, namespace: OWN.groups, name, dimensions, at: new Date(now) }, [value]);
    }
  }

  private publishTargets(now: number, arn: string, targets: readonly { readonly state: string }[]): void {
    const { aws } = this.options;
    const suffix = (name: string) => name.split(":").at(-1) ?? "";
    const entity = aws.world.ofType(TYPES.targetGroup).find(({ id }) => id === arn);
    const door = aws.loadBalancerOf(arn);
    if (entity === undefined || door === undefined) {
      return;
    }
    const dimensions = { LoadBalancer: suffix(door).replace(/^loadbalancer\//, ""), TargetGroup: suffix(arn) };
    const count = (state: string) => targets.filter((each) => each.state === state).length;
    const datum = { region: entity.region ?? "", namespace: OWN.loadBalancers, dimensions, at: new Date(now) };
    this.add({ ...datum, name: "UnHealthyHostCount" }, [count("unhealthy")]);
    this.add({ ...datum, name: "HealthyHostCount" }, [count("healthy")]);
  }

  /** What each node has sent to clients in a minute, of the minute that has just ended. */
  private publishSent(now: number, { settings, instances }: ScalingGroup): void {
    const { aws, pace } = this.options;
    const serving = instances.filter(({ state }) => state === "InService");
    const sent = serving.map(({ id }) => {
      const all = aws.sentBy(id);
      const before = this.sentBefore.get(id) ?? 0;
      this.sentBefore.set(id, all);
      // What it were in a whole minute.
      return (all - before) * pace;
    });
    const at = new Date((this.minuteOf(now) * 60_000) / pace - 1);
    const dimensions = { AutoScalingGroupName: settings.name };
    this.add({ region: settings.region, namespace: OWN.instances, name: "NetworkOut", dimensions, at }, sent);
  }

  private minuteOf(ms: number): number {
    return Math.floor((ms * this.options.pace) / 60_000);
  }

  /** Nodes publish theirs once a minute, whatever the pace is. */
  private paced(watched: Watched): Watched {
    return Object.values(watched.metrics).every(isOwn) ? faster(watched, this.options.pace) : watched;
  }

  private add(datum: Omit<Datum, "values">, values: readonly number[]): void {
    this.options.cloud.metrics.push({ ...datum, values: values.map((value) => [value, 1]) });
  }

  private readonly read: Read = (metric, from, to) => series(this.options.cloud.metrics, metric, from, to);

  private judge(now: number): void {
    const { aws, happenings } = this.options;
    for (const alarm of aws.world.ofType(TYPES.alarm).map(alarmOf)) {
      if (!isJudged(alarm.watched)) {
        continue;
      }
      const before = this.states.get(alarm.name) ?? "OK";
      const state = stateOf({ ...alarm, watched: this.paced(alarm.watched) }, before, now, this.read);
      this.states.set(alarm.name, state);
      if (state !== before && (state === "ALARM" || before === "ALARM")) {
        const what = `the alarm ${alarm.name} ${state === "ALARM" ? "sounds" : "has ended"}`;
        happenings.add(state === "ALARM" ? "bad" : "good", alarm.region, what);
      }
    }
  }

  /** Groups grow by their policies; here they do not shrink by them, since of processors there are no data. */
  private grow(now: number): void {
    const { aws, happenings } = this.options;
    for (const tracking of aws.world.ofType(TYPES.policy).flatMap((entity) => trackingOf(entity) ?? [])) {
      const group = aws.groups.get(tracking.group);
      const serving = group?.instances.filter(({ state }) => state === "InService").length ?? 0;
      const wanted = wantedNodes({ ...tracking, watched: this.paced(tracking.watched) }, serving, now, this.read);
      if (group !== undefined && wanted !== undefined && Math.min(wanted, group.settings.max) > group.desired) {
        const to = Math.min(wanted, group.settings.max);
        happenings.add(
          "note",
          group.settings.region,
          `the policy wants ${String(wanted)} nodes: the group grows to ${String(to)}`,
        );
        aws.resize(group.settings.name, to);
      }
    }
  }
}

/** Whether all that it watches is published here: not what needs longer than is kept, or a percentile rank. */
function isJudged({ metrics }: Watched): boolean {
  return Object.values(metrics).every(
    (metric) =>
      (metric.namespace === METRICS_NAMESPACE || isOwn(metric)) &&
      metric.period <= KEPT / 3 &&
      (STATISTICS as readonly string[]).includes(metric.stat),
  );
}

function isOwn({ namespace }: Statistic): boolean {
  return Object.values<string>(OWN).includes(namespace);
}
