import { TIMING } from "../../components/node/timing";
import type { Recording } from "../../infra/plan/harness";
import { ofType, shipped, SHIPPED, update } from "../support/stacks";
import { some } from "../support/some";

const GROUP = "aws:autoscaling/group:Group";

describe.each(SHIPPED)("the nodes of %s", (stack) => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await update(shipped(stack), stack);
  });

  test("come from an image by its id and a launch template by its number (P27)", () => {
    for (const { inputs } of some(ofType(recording, "aws:ec2/launchTemplate:LaunchTemplate"))) {
      expect(inputs.imageId).toMatch(/^ami-[0-9a-f]{17}$/);
    }
    for (const { inputs } of some(ofType(recording, GROUP))) {
      expect(inputs).toHaveProperty("mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.version", "7");
    }
  });

  test("are replaced one way only: launch before terminate, until an alarm sounds (P28)", () => {
    for (const { name, inputs } of some(ofType(recording, GROUP))) {
      const launchFirst = { minHealthyPercentage: 100, maxHealthyPercentage: 150 };

      expect(inputs.instanceMaintenancePolicy).toEqual(launchFirst);
      expect(inputs.instanceRefresh).toEqual({
        strategy: "Rolling",
        preferences: {
          ...launchFirst,
          instanceWarmup: String(TIMING.instanceWarmup),
          skipMatching: true,
          alarmSpecification: {
            alarms: [`${name.replace(/-nodes$/, "")}-alarm-unhealthy-nodes-0a1b2c3`, `${name}-0a1b2c3-below-minimum`],
          },
        },
      });
    }
  });

  test("stop being replaced at alarms that exist, one of which counts those in service (P28)", () => {
    const alarms = ofType(recording, "aws:cloudwatch/metricAlarm:MetricAlarm").map(
      ({ name, inputs }) => (inputs.name as string | undefined) ?? `${name}-0a1b2c3`,
    );

    for (const { inputs } of some(ofType(recording, GROUP))) {
      const { alarms: named } = (
        inputs.instanceRefresh as { preferences: { alarmSpecification: { alarms: string[] } } }
      ).preferences.alarmSpecification;
      expect(alarms).toEqual(expect.arrayContaining(named));
      expect(inputs.enabledMetrics).toEqual(expect.arrayContaining(["GroupInServiceInstances", "GroupMinSize"]));
    }
  });

  test("are found dead within 30 s, and are given time to finish (P29)", () => {
    for (const { inputs } of some(ofType(recording, "aws:lb/targetGroup:TargetGroup"))) {
      const { interval, unhealthyThreshold } = inputs.healthCheck as Record<string, number>;

      expect((interval ?? Infinity) * (unhealthyThreshold ?? Infinity)).toBeLessThanOrEqual(30);
      expect(inputs.deregistrationDelay).toBeGreaterThanOrEqual(150);
      expect(inputs.connectionTermination).toBe(false);
    }
  });

  test("every group has a zone to lose and a type to lose", () => {
    for (const { inputs } of some(ofType(recording, GROUP))) {
      expect((inputs.vpcZoneIdentifiers as string[]).length).toBeGreaterThanOrEqual(2);
      expect(inputs).toHaveProperty("mixedInstancesPolicy.launchTemplate.overrides.length");
      expect(inputs.minSize).toBeGreaterThanOrEqual(2);
    }
  });
});
