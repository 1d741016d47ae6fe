import { LatencyRouting } from "../../components/latencyRouting";
import type { RoutedPop } from "../../components/popRouting";
import { alone, type Alone } from "./alone";

function pop(region: string, active = true): RoutedPop {
  return { region, active, loadBalancer: { dnsName: `${region}.elb`, zoneId: "Z" }, ready: [], certificates: {} };
}

function routing(pops: RoutedPop[]): Promise<Alone> {
  return alone(
    () =>
      new LatencyRouting("routing", {
        pops,
        hosts: [{ host: "cdn.example.com", zoneId: "Z1" }],
        popDomain: { host: "pop.example.com", zoneId: "Z1" },
        healthCheck: { interval: 10, threshold: 3 },
        alarmTopicArn: "arn:topic",
      }),
  );
}

describe("latency routing", () => {
  test("has a record per PoP and family, told apart by region, each to its own load balancer", async () => {
    const made = await routing([pop("eu-central-1"), pop("us-east-1")]);

    const latency = made.all("Record").filter(({ inputs }) => "latencyRoutingPolicies" in inputs);
    expect(
      latency.map(({ inputs: { name, type, setIdentifier, aliases } }) => [name, type, setIdentifier, aliases]),
    ).toEqual(
      ["eu-central-1", "us-east-1"].flatMap((region) =>
        ["A", "AAAA"].map((type) => [
          "cdn.example.com",
          type,
          region,
          [{ name: `${region}.elb`, zoneId: "Z", evaluateTargetHealth: true }],
        ]),
      ),
    );
  });

  test("leaves a drained PoP out as long as another is active", async () => {
    const made = await routing([pop("eu-central-1", false), pop("us-east-1")]);

    const regions = made.all("Record").map(({ inputs }) => inputs.setIdentifier);
    expect(regions.filter((region) => region !== undefined)).toEqual(["us-east-1", "us-east-1"]);
    expect(made.all("HealthCheck")).toHaveLength(2);
  });

  test.each([
    ["no PoP", []],
    ["drained PoPs only", [pop("eu-central-1", false), pop("us-east-1", false)]],
  ])("rejects %s: every name would be without an answer (P23)", async (_, pops) => {
    await expect(routing(pops)).rejects.toThrow(/^pops: at least one must be active, or no name has an answer$/);
  });
});
