import { stateOf, type AlarmInputs, type State } from "./alarmEvaluator";

const X = 1;
const _ = undefined;

// The table of the user guide, "Configuring how CloudWatch alarms treat missing data": three of three, five data points.
test.each<[string, readonly (number | undefined)[], Readonly<Record<string, State>>]>([
  ["0 - X - X", [0, _, X, _, X], { missing: "OK", ignore: "OK", breaching: "OK", notBreaching: "OK" }],
  ["- - - - 0", [_, _, _, _, 0], { missing: "OK", ignore: "OK", breaching: "OK", notBreaching: "OK" }],
  [
    "- - - - -",
    [_, _, _, _, _],
    { missing: "INSUFFICIENT_DATA", ignore: "INSUFFICIENT_DATA", breaching: "ALARM", notBreaching: "OK" },
  ],
  ["0 X X - X", [0, X, X, _, X], { missing: "ALARM", ignore: "ALARM", breaching: "ALARM", notBreaching: "ALARM" }],
  [
    "- - X - -",
    [_, _, X, _, _],
    { missing: "ALARM", ignore: "INSUFFICIENT_DATA", breaching: "ALARM", notBreaching: "OK" },
  ],
])("an alarm's state after %s is what CloudWatch's guide says", (_data, points, expected) => {
  const alarm = (treatMissingData: string): AlarmInputs => ({
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0.5,
    evaluationPeriods: 3,
    treatMissingData,
  });

  expect(
    Object.fromEntries(Object.keys(expected).map((each) => [each, stateOf(alarm(each), points, "INSUFFICIENT_DATA")])),
  ).toEqual(expected);
});
