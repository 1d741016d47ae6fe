import type { Context } from "./kind";
import { Refusal } from "./refusal";
import { text, valuesAt, type Values } from "./values";

/** An update that AWS has carried out. */
export interface Updated extends Pick<Context, "world" | "region" | "inputs" | "changed"> {
  /** What the engine's state says, as of its last look. */
  readonly known: Values;
  /** What is there now. */
  readonly now: Values;
}

/** What the provider does after it has changed something, and what may go wrong there. */
export interface AfterUpdate {
  readonly id: string;
  readonly type: string;
  readonly refuses: (updated: Updated) => Refusal | undefined;
}

const GROUP = "aws:autoscaling/group:Group";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";

/** From terraform-provider-aws, internal/service/autoscaling/group.go, `resourceGroupUpdate`: in its order. */
export const AFTER_UPDATE: readonly AfterUpdate[] = [
  {
    // Only a refresh is told of alarms; whether AWS takes one that is not there is not documented: the strict answer.
    id: "StartInstanceRefresh: alarms",
    type: GROUP,
    refuses: ({ world, region, inputs, changed }) => {
      const known = world.inRegion(ALARM, region).map(({ id }) => id);
      const missing = valuesAt(inputs, "instanceRefresh.preferences.alarmSpecification.alarms[*]")
        .map(text)
        .find((name) => !known.includes(name));
      return changed.includes("mixedInstancesPolicy") && missing !== undefined
        ? new Refusal("ValidationError", `starting Auto Scaling Group instance refresh: no alarm ${missing}`)
        : undefined;
    },
  },
  {
    // "On update all targets are specific": the state's desired size, which scaling has left behind.
    id: "waiting for capacity: exactly",
    type: GROUP,
    refuses: ({ inputs, known, now, changed }) => {
      const wanted = Math.max(Number(inputs.minSize), Number(known.desiredCapacity));
      const have = Number(now.desiredCapacity);
      return changed.includes("minSize") && have !== wanted
        ? new Refusal(
            "timeout",
            `waiting for Auto Scaling Group (${text(inputs.name)}) capacity satisfied: want exactly ${wanted} healthy instance(s) in Auto Scaling Group, have ${have}`,
          )
        : undefined;
    },
  },
];

/** The first thing that goes wrong after an update, if any. */
export function afterUpdate(type: string, updated: Updated): Refusal | undefined {
  for (const { refuses } of AFTER_UPDATE.filter((each) => each.type === type)) {
    const refusal = refuses(updated);
    if (refusal !== undefined) {
      return refusal;
    }
  }
  return undefined;
}
