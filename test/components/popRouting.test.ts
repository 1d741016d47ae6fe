import { popName, PopRouting, type PopRoutingArgs, type RoutedPop } from "../../components/popRouting";
import { standing } from "../../components/order";
import { alone, standIn, type Alone } from "./alone";

const REGION = "eu-central-1";
const TARGET = { name: "door.elb.example.org", zoneId: "ZDOOR" };

function routing(pop: Partial<RoutedPop> = {}, args: Partial<PopRoutingArgs> = {}): Promise<Alone> {
  return alone(
    () =>
      new PopRouting("way", {
        pop: {
          region: REGION,
          active: true,
          loadBalancer: { dnsName: TARGET.name, zoneId: TARGET.zoneId },
          ready: standing([standIn("fleet")]),
          certificates: { "cdn.example.com": standIn("certificate").urn },
          ...pop,
        },
        hosts: [
          { host: "cdn.example.com", zoneId: "Z1" },
          { host: "example.net", zoneId: "Z2" },
        ],
        popDomain: { host: "pop.example.com", zoneId: "Z1" },
        healthCheck: { interval: 10, threshold: 3 },
        alarmTopicArn: "arn:topic",
        ...args,
      }),
  );
}

describe("the way to a PoP", () => {
  let made: Alone;

  beforeAll(async () => {
    made = await routing();
  });

  test.each(["A", "AAAA"])("has a plain %s alias by the PoP's own name, whatever its health", (type) => {
    expect(made.inputs("Record", `way-own-${type.toLowerCase()}`)).toEqual({
      zoneId: "Z1",
      name: "eu-central-1.pop.example.com",
      type,
      aliases: [{ ...TARGET, evaluateTargetHealth: false }],
    });
  });

  test.each([
    ["cdn.example.com", "Z1", "A"],
    ["cdn.example.com", "Z1", "AAAA"],
    ["example.net", "Z2", "A"],
    ["example.net", "Z2", "AAAA"],
  ])(
    "has for %s in %s a latency alias %s that evaluates the target's and the PoP's health (P21)",
    (host, zoneId, type) => {
      expect(made.inputs("Record", `way-${host}-${type.toLowerCase()}`)).toEqual({
        zoneId,
        name: host,
        type,
        setIdentifier: REGION,
        latencyRoutingPolicies: [{ region: REGION }],
        healthCheckId: "id-of-way",
        aliases: [{ ...TARGET, evaluateTargetHealth: true }],
        // What a cut-over has made is taken over.
        allowOverwrite: true,
      });
    },
  );

  test("has no other record", () => {
    expect(made.all("Record")).toHaveLength(6);
  });

  test("checks the PoP's health over HTTPS by its own name", () => {
    expect(made.inputs("HealthCheck", "way")).toEqual({
      type: "HTTPS",
      fqdn: "eu-central-1.pop.example.com",
      port: 443,
      enableSni: true,
      resourcePath: "/.well-known/pop-health",
      requestInterval: 10,
      failureThreshold: 3,
    });
  });

  test("checks it when the name answers", () => {
    expect(made.one("HealthCheck", "way").dependencies).toEqual([
      made.one("Record", "way-own-a").urn,
      made.one("Record", "way-own-aaaa").urn,
    ]);
  });

  test("tells of an unhealthy PoP from us-east-1, where the metrics are, and of one that falls silent", () => {
    expect(made.inputs("MetricAlarm", "way-unhealthy")).toEqual({
      region: "us-east-1",
      alarmDescription:
        'PoP eu-central-1 is unhealthy: Route 53 sends its users to the next one. See the runbook, "A PoP is in trouble".',
      namespace: "AWS/Route53",
      metricName: "HealthCheckStatus",
      dimensions: { HealthCheckId: "id-of-way" },
      statistic: "Minimum",
      period: 60,
      evaluationPeriods: 1,
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      treatMissingData: "missing",
      alarmActions: ["arn:topic"],
      okActions: ["arn:topic"],
      insufficientDataActions: ["arn:topic"],
    });
  });

  test("opens when the PoP stands, and for a host when its certificate is served (P26)", () => {
    const fleet = made.one("Topic", "fleet").urn;
    const certificate = made.one("Topic", "certificate").urn;
    const waits = (name: string) => made.one("Record", name).dependencies;

    for (const type of ["a", "aaaa"]) {
      expect(waits(`way-cdn.example.com-${type}`)).toEqual(expect.arrayContaining([fleet, certificate]));
      expect(waits(`way-example.net-${type}`)).toContain(fleet);
      expect(waits(`way-example.net-${type}`)).not.toContain(certificate);
    }
  });

  test("names the PoP's own name by region and domain", () => {
    expect(popName("sa-east-1", "pop.example.com")).toBe("sa-east-1.pop.example.com");
  });
});

test("a drained PoP keeps its name, its health check and its alarm, and nothing else", async () => {
  const made = await routing({ active: false });

  expect(made.names("Record")).toEqual(["way-own-a", "way-own-aaaa"]);
  expect(made.names("HealthCheck")).toEqual(["way"]);
  expect(made.names("MetricAlarm")).toEqual(["way-unhealthy"]);
});

test("draining removes latency records and changes nothing", async () => {
  const [active, drained] = [await routing(), await routing({ active: false })];
  const before = new Map(active.registrations.map((each) => [each.urn, JSON.stringify(each)]));

  expect(drained.registrations.filter((each) => before.get(each.urn) !== JSON.stringify(each))).toEqual([]);
  expect(active.registrations.length - drained.registrations.length).toBe(4);
});

test("interval and threshold of the health check are the footprint's", async () => {
  const made = await routing({}, { healthCheck: { interval: 30, threshold: 5 } });

  expect(made.inputs("HealthCheck", "way")).toMatchObject({ requestInterval: 30, failureThreshold: 5 });
});
