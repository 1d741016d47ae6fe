import { ofType, preview, shipped, SHIPPED } from "../support/stacks";
import { some } from "../support/some";

// CloudWatch, "Configuring how CloudWatch alarms treat missing data": a new alarm has no data, and goes to ALARM at once
// when missing data is breaching.
test.each(SHIPPED)("no alarm of %s rings at its birth", async (stack) => {
  const alarms = ofType(await preview(shipped(stack), stack), "aws:cloudwatch/metricAlarm:MetricAlarm");

  expect(some(alarms).filter(({ inputs }) => inputs.treatMissingData === "breaching")).toEqual([]);
});
