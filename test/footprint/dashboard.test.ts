import { some } from "../support/some";
import { changes, ofType, shipped, SHIPPED, small, text, update } from "../support/stacks";

const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";

test.each(SHIPPED)(
  "the dashboard of %s shows the parts of every PoP by the names that AWS has given them",
  async (stack) => {
    const recording = await update(shipped(stack), stack);
    const [dashboard] = ofType(recording, DASHBOARD);
    const body = text(dashboard?.inputs.dashboardBody);

    expect(dashboard?.inputs.dashboardName).toBe(`footprint-${stack}`);
    for (const { name } of some(ofType(recording, "aws:autoscaling/group:Group"))) {
      expect(body).toContain(`"AutoScalingGroupName","${name}-0a1b2c3"`);
    }
    for (const { name } of some(ofType(recording, "aws:lb/loadBalancer:LoadBalancer"))) {
      expect(body).toContain(`"LoadBalancer","net/${name}/0123456789abcdef"`);
    }
  },
);

test("a PoP more changes the dashboard, and nothing else that was there", async () => {
  const [one, two] = [small({ "eu-west-1": {} }), small({ "eu-west-1": {}, "us-east-1": {} })];

  const { removed, changed } = changes(await update(one), await update(two));

  expect({ removed, changed }).toEqual({ removed: [], changed: ["Dashboard footprint-dashboard"] });
});

test("there is none while nodes publish nothing to CloudWatch", async () => {
  const recording = await update({ ...small({ "eu-west-1": {} }), metrics: { cloudwatch: false } });

  expect(ofType(recording, DASHBOARD)).toEqual([]);
});
