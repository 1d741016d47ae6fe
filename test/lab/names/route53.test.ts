import { readFileSync } from "node:fs";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { StatusChange } from "../../../infra/lab/health/checkers";
import { Route53 } from "../../../infra/lab/names/route53";
import type { JsonValue } from "../../../infra/plan/wire";
import { entity, latencyRecord, ownRecord, ZONE } from "./footprint";

const PEM = readFileSync(join(__dirname, "..", "fixtures", "certificate.pem"));

/** As the stand-in keeps it, but for the port and the interval, which AWS would not take. */
const healthCheck = (region: string, port: number, more: Record<string, JsonValue> = {}) =>
  entity("aws:route53/healthCheck:HealthCheck", `check-${region}`, {
    ...{ arn: "arn", disabled: false, enableSni: true, failureThreshold: 3, fqdn: `${region}.pop.example.com` },
    ...{ measureLatency: false, port, requestInterval: 1, resourcePath: "/health", type: "HTTPS" },
    ...more,
  });

describe("Route 53 of the lab", () => {
  test("sends people to the next PoP when the health check that it makes by the PoP's own name fails", async () => {
    let status = 200;
    const pop = createServer({ cert: PEM, key: PEM }, (_, response) => response.writeHead(status).end());
    pop.listen(0, "127.0.0.1");
    await once(pop, "listening");
    const { port } = pop.address() as AddressInfo;
    let told: (change: StatusChange) => void = () => undefined;
    const route53 = await Route53.start({
      endpoint: { address: "127.0.0.1", port: 0 },
      figures: () => ({ "eu-central-1": 1, "us-east-1": 2 }),
      loadBalancer: (dnsName) => ({
        healthy: true,
        addresses: [dnsName.startsWith("eu-central-1") ? "127.0.0.1" : "192.0.2.1"],
      }),
      onChange: (change) => {
        told(change);
      },
    });
    const resolver = new Resolver({ timeout: 60_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${String(route53.endpoint.port)}`]);
    await expect(resolver.resolve4("www.example.com")).rejects.toMatchObject({ code: "EREFUSED" });

    const regions = ["eu-central-1", "us-east-1"];
    const turned = new Promise<StatusChange>((resolve) => {
      told = resolve;
    });
    const records = regions.flatMap((region) => [latencyRecord(region), ownRecord(region)]);
    route53.update([ZONE, ...records, healthCheck("eu-central-1", port)]);
    expect(await resolver.resolve4("www.example.com")).toEqual(["127.0.0.1"]);
    expect(route53.isHealthy("eu-central-1")).toBe(true);

    status = 503;
    expect(await turned).toMatchObject({
      healthy: false,
      check: { fqdn: "eu-central-1.pop.example.com" },
    });
    expect(route53.isHealthy("eu-central-1")).toBe(false);
    expect(await resolver.resolve4("www.example.com")).toEqual(["192.0.2.1"]);
    expect(await resolver.resolve4("eu-central-1.pop.example.com")).toEqual(["127.0.0.1"]);

    const strange = healthCheck("us-east-1", port, { type: "TCP" });
    expect(() => {
      route53.update([ZONE, strange]);
    }).toThrow(/^the lab's Route 53 does not know this HealthCheck \(check-us-east-1\): /);
    expect(await resolver.resolve4("www.example.com")).toEqual(["192.0.2.1"]);

    await route53.stop();
    pop.closeAllConnections();
    pop.close();
    await once(pop, "close");
  });
});
