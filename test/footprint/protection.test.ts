import type { Recording } from "../../infra/plan/harness";
import { some } from "../support/some";
import { ofType, shipped, small, text, update, type StackInput } from "../support/stacks";

const ZONE = "aws:route53/zone:Zone";

const labels = (recording: Recording, option: string) =>
  recording.registrations
    .filter(({ options }) => options[option] === true)
    .map(({ type, name }) => `${type.slice(type.lastIndexOf(":") + 1)} ${name}`)
    .sort();

const loadBalancers = (recording: Recording) =>
  ofType(recording, "aws:lb/loadBalancer:LoadBalancer").map(({ name, inputs, options }) => [
    name,
    inputs.enableDeletionProtection,
    options.protect ?? false,
  ]);

const stores = (recording: Recording) =>
  ofType(recording, "aws:s3/bucket:Bucket")
    .filter(({ name }) => name.endsWith("-store"))
    .map(({ name, inputs }) => [name, inputs.forceDestroy]);

const two = {
  ...small({ "eu-west-1": {}, "us-east-1": { state: "drained" } }),
  zones: { "example.com": { create: true } },
};
const unprotected: StackInput = { ...two, protection: false };

describe("what may not be lost is protected, and the list is exact (P30, P31)", () => {
  test("the guards and the load balancer of an active PoP, and zones that the stack made", async () => {
    expect(labels(await update(two), "protect")).toEqual([
      "DrainGuard eu-west-1-drain-before-removing",
      "DrainGuard eu-west-1-drain-before-removing-10.64.64.0_20",
      "DrainGuard eu-west-1-drain-before-removing-euw1-az1",
      "DrainGuard eu-west-1-drain-before-removing-euw1-az2",
      "DrainGuard eu-west-1-drain-before-removing-euw1-az3",
      "LoadBalancer eu-west-1-lb",
      "RandomPassword footprint-secrets-configuration-1",
      "RandomPassword footprint-secrets-origin-auth-1",
      "RandomPassword footprint-secrets-purge-1",
      "StepGuard cdn.example.com-dns-later-before-removing-site",
      "StepGuard eu-west-1-egress-both-before-removing-nat",
      "Zone footprint-zones-example.com",
    ]);
  });

  test("nothing when the stack is to be taken down", async () => {
    expect(labels(await update(unprotected), "protect")).toEqual([]);
  });

  test("AWS refuses to delete a load balancer exactly when Pulumi does", async () => {
    expect(loadBalancers(await update(two))).toEqual([
      ["eu-west-1-lb", true, true],
      ["us-east-1-lb", false, false],
    ]);
    expect(loadBalancers(await update(unprotected))).toEqual([
      ["eu-west-1-lb", false, false],
      ["us-east-1-lb", false, false],
    ]);
  });

  test("a store with what nodes wrote may go exactly when its PoP is unprotected", async () => {
    expect(stores(await update(two))).toEqual([
      ["eu-west-1-store", false],
      ["us-east-1-store", true],
    ]);
    expect(stores(await update(unprotected))).toEqual([
      ["eu-west-1-store", true],
      ["us-east-1-store", true],
    ]);
  });

  test("a zone that we made is given back rather than deleted, unless the stack is to be taken down", async () => {
    const kept = async (input: StackInput) =>
      ofType(await update(input), ZONE).map(({ options, inputs }) => [options.retainOnDelete, inputs.forceDestroy]);

    expect(await kept(two)).toEqual([[true, false]]);
    expect(await kept(unprotected)).toEqual([[undefined, true]]);
  });

  test("a zone that is not ours is not made, and so never deleted", async () => {
    expect(ofType(await update(shipped("global")), ZONE)).toEqual([]);
  });
});

describe("a zone of an active PoP (P31)", () => {
  const zones = (ids: readonly string[], state: string) =>
    update(small({ "eu-west-1": { zones: ids, state }, "us-east-1": {} }));
  /** What goes between two recordings although it is protected: the engine refuses that in the preview. */
  const refused = (before: Recording, after: Recording) =>
    before.registrations
      .filter(({ options, urn }) => options.protect === true && after.registrations.every((each) => each.urn !== urn))
      .map(({ name }) => name);

  // The real provider's preview of such an exchange shows an update, and `up` replaces the load balancer.
  test.each([
    ["exchanged", ["euw1-az1", "euw1-az3"]],
    ["exchanged, the first one", ["euw1-az2", "euw1-az3"]],
  ])("rejects that it is %s", async (_, after) => {
    const before = await zones(["euw1-az1", "euw1-az2"], "active");

    expect(refused(before, await zones(after, "active"))).toEqual(
      ["euw1-az1", "euw1-az2"].filter((id) => !after.includes(id)).map((id) => `eu-west-1-drain-before-removing-${id}`),
    );
  });

  test("may be exchanged when the PoP is drained, and another may come at any time", async () => {
    const two = ["euw1-az1", "euw1-az2"];

    expect(refused(await zones(two, "drained"), await zones(["euw1-az1", "euw1-az3"], "drained"))).toEqual([]);
    expect(refused(await zones(two, "active"), await zones([...two, "euw1-az3"], "active"))).toEqual([]);
  });
});

describe("what running nodes and clients use goes in steps", () => {
  const FIXED = "Z0123456789ABCDEFGHIJ";
  const OTHER = "Z0123456789OTHERZONE0";
  const PORT = "https://origin.example.org:8443";
  const stack = (more: object = {}) => ({ ...small({ "eu-west-1": {}, "us-east-1": { egress: "direct" } }), ...more });
  const zone = (settings: object) => ({ zones: { "example.com": settings } });
  /** The names of the PoPs in one zone, and one site, the apex of another one. */
  const apex = (settings: object, primary: object = { id: FIXED }) => ({
    zones: { "example.com": { ...primary, primary: true }, "example.net": settings },
    sites: { "example.net": { origin: "https://origin.example.org" } },
  });
  const below = (settings: object) => ({
    zones: { "example.com": { id: FIXED, primary: true }, "cdn.example.com": { ...settings, delegated: true } },
  });
  const site = (origin: string) => ({ sites: { "cdn.example.com": { origin } } });
  const sites = (settings: object) => ({
    sites: Object.fromEntries(
      ["cdn.example.com", "www.example.com"].map((host) => [
        host,
        { origin: "https://origin.example.org", ...settings },
      ]),
    ),
  });
  const pops = (settings: object) => ({ pops: { "eu-west-1": settings, "us-east-1": { egress: "direct" } } });

  /** What goes between two stacks although it is protected: the engine refuses that in the preview. */
  async function refused(before: StackInput, after: StackInput): Promise<string[]> {
    const [was, is] = [await update(before), await update(after)];
    return was.registrations
      .filter(({ options, urn }) => options.protect === true && is.registrations.every((each) => each.urn !== urn))
      .map(({ name }) => name);
  }

  test.each<[string, string, object, object, object]>([
    [
      "a NAT gateway",
      "eu-west-1-egress-both-before-removing-nat",
      {},
      pops({ egress: "both" }),
      pops({ egress: "direct" }),
    ],
    [
      "an origin's port",
      "eu-west-1-originPorts-before-removing-port-8443 us-east-1-originPorts-before-removing-port-8443",
      site(PORT),
      { ...site("https://origin.example.org"), originPorts: [8443] },
      {},
    ],
    ["a site", "www.example.com-dns-later-before-removing-site", sites({}), sites({ dns: "later" }), {}],
    [
      "the id of a zone",
      `example.com-handOver-before-removing-${FIXED}`,
      {},
      zone({ id: FIXED, handOver: true }),
      zone({ id: OTHER, handOver: true }),
    ],
    ...Object.entries({
      "another one": { id: "Z0123456789THIRDZONE0" },
      "one that the stack makes": { create: true },
    }).map(([other, next]): [string, string, object, object, object] => [
      `the id of a zone with an answer at its apex alone, for ${other}`,
      `example.net-handOver-before-removing-${OTHER}`,
      apex({ id: OTHER }),
      apex({ id: OTHER, handOver: true }),
      apex({ ...next, handOver: true }),
    ]),
    [
      "a zone below another one, with an answer at its apex",
      `cdn.example.com-handOver-before-removing-${OTHER}`,
      below({ id: OTHER }),
      below({ id: OTHER, handOver: true }),
      zone({ id: FIXED, handOver: true }),
    ],
    [
      "the id of a zone that has the names of the PoPs alone",
      `example.com-handOver-before-removing-${FIXED}`,
      apex({ id: OTHER }),
      apex({ id: OTHER }, { id: FIXED, handOver: true }),
      apex({ id: OTHER }, { id: "Z0123456789THIRDZONE0", handOver: true }),
    ],
    [
      "a zone that the stack made",
      "footprint-zones-example.com",
      zone({ create: true }),
      zone({ create: true, handOver: true }),
      zone({ id: FIXED, handOver: true }),
    ],
    [
      "the network of a PoP",
      "eu-west-1-drain-before-removing-10.64.64.0_20",
      {},
      pops({ state: "drained" }),
      pops({ state: "drained", cidr: "10.66.0.0/20" }),
    ],
  ])("rejects that %s goes at once, and not after the first step", async (_, guards, first, second, third) => {
    const [start, middle, end] = [stack(first), stack({ ...first, ...second }), stack(third)];

    expect((await refused(start, end)).join(" ")).toBe(guards);
    expect(await refused(start, middle)).toEqual([]);
    expect(await refused(middle, end)).toEqual([]);
  });

  test("an origin's port may go while a collector of metrics has it, and not together with that", async () => {
    const metrics = { metrics: { otlp: "https://otel.example.com:8443" } };
    const [both, collector, none] = [stack({ ...site(PORT), ...metrics }), stack(metrics), stack()];

    expect(await refused(both, collector)).toEqual([]);
    expect(await refused(collector, none)).toEqual([]);
    expect(await refused(both, none)).toEqual(
      ["eu-west-1", "us-east-1"].map((region) => `${region}-originPorts-before-removing-port-8443`),
    );
    // The rule that lets nodes reach it is the same before and after.
    const rules = async (input: StackInput) =>
      ofType(await update(input), "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        .filter(({ inputs }) => inputs.fromPort === 8443)
        .map(({ urn }) => urn);
    expect(await rules(collector)).toEqual(some(await rules(both)));
  });

  test("a zone without a name of ours may go, and so may anything of a stack that is not protected", async () => {
    const two = { "example.com": { id: FIXED, primary: true }, "example.net": { id: OTHER } };

    expect(await refused(stack({ zones: two }), stack())).toEqual([]);
    expect(
      await refused(stack({ protection: false }), stack({ ...zone({ id: OTHER }), ...pops({ egress: "direct" }) })),
    ).toEqual([]);
  });

  test("records take over what is there in a zone that is handed over, and nowhere else", async () => {
    const overwriting = async (input: StackInput) =>
      ofType(await update(input), "aws:route53/record:Record")
        // A certificate's record is the same for the whole account, and latency records may be there after a cut-over.
        .filter(({ inputs }) => inputs.allowOverwrite === true && inputs.setIdentifier === undefined)
        .filter(({ name }) => !name.includes("-certificate-"))
        .map(({ inputs }) => `${text(inputs.name)} ${text(inputs.type)}`);

    expect(await overwriting(stack())).toEqual([]);
    expect(new Set(await overwriting(stack(zone({ id: FIXED, handOver: true }))))).toEqual(
      new Set(
        ["cdn.example.com", "pop.example.com"]
          .map((name) => `${name} CAA`)
          .concat(
            ["eu-west-1.pop.example.com", "us-east-1.pop.example.com"].flatMap((name) => [`${name} A`, `${name} AAAA`]),
          ),
      ),
    );
  });
});

describe("what outlives a PoP on purpose", () => {
  test("its log bucket with all that keeps it private and small, validation records, and what nodes go back to", async () => {
    const kept = labels(await update(small({ "eu-west-1": {} })), "retainOnDelete");

    expect(kept).toEqual([
      "Bucket eu-west-1-network-logs",
      "BucketLifecycleConfiguration eu-west-1-network-logs-lifecycle",
      "BucketObjectv2 eu-west-1-store-agent",
      "BucketObjectv2 eu-west-1-store-bootstrap",
      "BucketObjectv2 eu-west-1-store-bundle",
      "BucketPolicy eu-west-1-network-logs-policy",
      "BucketPublicAccessBlock eu-west-1-network-logs-public-access-block",
      "BucketServerSideEncryptionConfiguration eu-west-1-network-logs-encryption",
      "BucketVersioning eu-west-1-network-logs-versioning",
      "ObjectCopy eu-west-1-store-packages",
      "Record eu-west-1-certificate-*.pop.example.com",
      "Record eu-west-1-certificate-cdn.example.com",
    ]);
  });
});
