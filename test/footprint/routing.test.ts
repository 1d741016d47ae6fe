import { REGIONS } from "../../infra/config/regions";
import type { Recording, Registration } from "../../infra/plan/harness";
import { ofType, shipped, SHIPPED, small, text, update, valuesOf, type StackInput } from "../support/stacks";
import { loadConfig } from "../../infra/config/load";
import { some } from "../support/some";

const RECORD = "aws:route53/record:Record";
const GROUP = "aws:autoscaling/group:Group";

const latencyRecords = (recording: Recording) =>
  ofType(recording, RECORD).filter((record) => record.inputs.latencyRoutingPolicies !== undefined);

/** `name type region` of a latency record. */
const shown = ({ inputs }: Registration) => [inputs.name, inputs.type, inputs.setIdentifier].map(text).join(" ");

describe.each(SHIPPED)("the routing of %s", (stack) => {
  const input = shipped(stack);
  const config = loadConfig(stack, valuesOf(input));
  const active = config.pops.filter((pop) => pop.state === "active");
  let recording: Recording;
  beforeAll(async () => {
    recording = await update(input, stack);
  });

  test("every host has an A and an AAAA latency record per active PoP, and no other (P21, P23)", () => {
    const expected = config.sites.flatMap(({ host }) =>
      active.flatMap(({ region }) => [`${host} A ${region}`, `${host} AAAA ${region}`]),
    );

    expect(latencyRecords(recording).map(shown).sort()).toEqual(expected.sort());
  });

  test("a latency record's policy, set identifier, health check and alias are those of one PoP (P21)", () => {
    for (const { inputs } of some(latencyRecords(recording))) {
      const region = text(inputs.setIdentifier);

      expect(inputs.latencyRoutingPolicies).toEqual([{ region }]);
      expect(REGIONS.get(region)?.latencyRouting).toBe(true);
      expect(inputs.healthCheckId).toBe(`id-of-footprint-routing-${region}`);
      expect(inputs.aliases).toEqual([
        { name: `${region}-lb.elb.example.org`, zoneId: `zone-of-${region}-lb`, evaluateTargetHealth: true },
      ]);
    }
  });

  test("every PoP answers by its own name, drained or not, whatever its health", () => {
    const own = ofType(recording, RECORD).filter(({ inputs }) => text(inputs.name).includes(".pop."));

    const names = own
      .filter(({ inputs }) => inputs.aliases !== undefined)
      .map(({ inputs }) => [inputs.name, inputs.type]);
    expect(names.map(String).sort()).toEqual(
      config.pops
        .flatMap(({ region }) => ["A", "AAAA"].map((type) => `${region}.pop.${config.primaryZone},${type}`))
        .sort(),
    );
    for (const { inputs } of some(own.filter((record) => record.inputs.aliases !== undefined))) {
      expect(inputs.aliases).toEqual([expect.objectContaining({ evaluateTargetHealth: false })]);
    }
  });

  test("Route 53 asks each PoP for its own health, by its own name", () => {
    const checks = ofType(recording, "aws:route53/healthCheck:HealthCheck");

    expect(checks.map(({ inputs }) => text(inputs.fqdn)).sort()).toEqual(
      config.pops.map(({ region }) => `${region}.pop.${config.primaryZone}`).sort(),
    );
    for (const { inputs } of some(checks)) {
      expect(inputs).toMatchObject({ type: "HTTPS", enableSni: true, resourcePath: "/.well-known/pop-health" });
    }
  });

  test("latency records come after the group that waits for healthy nodes (P26)", () => {
    const groups = new Map(ofType(recording, GROUP).map((group) => [group.name, group]));
    for (const record of some(latencyRecords(recording))) {
      const group = groups.get(`${text(record.inputs.setIdentifier)}-nodes`);

      expect(record.dependencies).toContain(group?.urn);
      expect(group?.inputs.minElbCapacity).toBe(group?.inputs.minSize);
    }
  });

  test("a host's records come after its certificate is served", () => {
    for (const record of some(latencyRecords(recording))) {
      const region = text(record.inputs.setIdentifier);
      const certificate = ofType(recording, "aws:lb/listenerCertificate:ListenerCertificate").find(
        ({ name }) => name === `${region}-lb-${text(record.inputs.name)}`,
      );

      expect(record.dependencies).toContain(certificate?.urn);
    }
  });
});

describe("no configuration that is taken leaves a name without an answer (P23)", () => {
  const drained = (count: number): StackInput =>
    small(
      Object.fromEntries(
        ["ap-south-1", "eu-west-1", "us-east-1"].map((region, i) => [region, i < count ? { state: "drained" } : {}]),
      ),
    );

  test.each([0, 1, 2])("%i of three PoPs drained: the others answer", async (count) => {
    expect(latencyRecords(await update(drained(count)))).toHaveLength(2 * (3 - count));
  });

  test("rejects draining the last one", () => {
    expect(() => loadConfig("test", valuesOf(drained(3)))).toThrow(
      "pops: must have at least one active PoP: with all of them drained no name has an answer",
    );
  });
});

describe("a host with dns: later", () => {
  const sites = {
    "www.example.com": { origin: "https://origin.example.net", dns: "later" },
    "shop.example.com": { origin: "https://origin.example.net" },
  };
  const all = { "eu-west-1": {}, "us-east-1": {} };

  test("has its certificates in every PoP, and no record of its own name (P21)", async () => {
    const recording = await update({ ...small(all), sites });

    const named = (host: string) => ofType(recording, RECORD).filter(({ inputs }) => inputs.name === host);
    expect(named("www.example.com")).toEqual([]);
    expect(named("shop.example.com").map(({ inputs }) => text(inputs.type))).toEqual(
      expect.arrayContaining(["A", "AAAA", "CAA"]),
    );
    expect(
      ofType(recording, "aws:acm/certificate:Certificate").filter(
        ({ inputs }) => inputs.domainName === "www.example.com",
      ),
    ).toHaveLength(2);
  });

  test("gets exactly its own records when it is taken over, and nothing else changes", async () => {
    const later = await update({ ...small(all), sites });
    const now = await update({
      ...small(all),
      sites: { ...sites, "www.example.com": { origin: "https://origin.example.net" } },
    });

    const before = new Map(later.registrations.map((each) => [each.urn, JSON.stringify(each.inputs)]));
    const other = now.registrations.filter(({ urn, inputs }) => before.get(urn) !== JSON.stringify(inputs));
    expect(other.map(({ inputs }) => [inputs.name, inputs.type].map(text).join(" ")).sort()).toEqual(
      ["A", "A", "AAAA", "AAAA", "CAA"].map((type) => `www.example.com ${type}`),
    );
    // What the cut-over has made is the same, and is taken over.
    expect(new Set(latencyRecords(now).map(({ inputs }) => inputs.allowOverwrite))).toEqual(new Set([true]));
  });
});
