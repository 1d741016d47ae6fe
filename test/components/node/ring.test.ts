import { agentSettingsSchema } from "../../../components/node/protocol/bundleFormat";
import { bundle } from "../../../components/node/bundle";
import { nodeFiles } from "../../../components/node/files";
import { PEER_PORTS } from "../../../components/node/ports";
import { ANSWERS, ASKS, ringProof } from "../../../components/node/protocol/ringProof";
import { START_VARNISH, VARNISH } from "../../../components/node/processes";
import { some } from "../../support/some";
import { OPTIONS } from "./options";

const CONFIG = "/etc/haproxy/haproxy.cfg";
const VCL = "/etc/varnish/default.vcl";

describe("a PoP whose nodes are one cache", () => {
  test("has an owner for each object, and else the same sites, origins and limits", () => {
    const files = nodeFiles({ ...OPTIONS, cluster: true });

    expect(files[CONFIG]).toContain("\nbackend ring from relayed\n");
    expect(files[CONFIG]).toContain(`\n    bind :${String(PEER_PORTS.peers)}\n`);
    expect(files[VCL]).toContain('include "./ring.vcl";');
  });

  test.each([true, false])(
    "names storages that Varnish has, and that the check of a VCL knows: cluster %s",
    (cluster) => {
      const files = nodeFiles({ ...OPTIONS, cluster });
      const named = Object.entries(files)
        .filter(([path]) => path.endsWith(".vcl"))
        .flatMap(([, text]) => [...text.matchAll(/ storage\.(\w+)/g)].map(([, name]) => name ?? ""));
      // A node becomes one of a PoP that is one cache without a restart: those of the other kind are there, too.
      const all = new Set([...named, "copies"]);
      const started = [...(files[START_VARNISH] ?? "").matchAll(/ -s (\w+)=/g)].map(([, name]) => name);
      const known = VARNISH.check.flatMap((word) => /^(\w+)=malloc/.exec(word)?.slice(1) ?? []);

      expect(started).toEqual(expect.arrayContaining([...all]));
      expect(new Set(known)).toEqual(all.add("memory").add("large"));
    },
  );

  test("tells the agent where nodes ask each other", () => {
    const options = { ...OPTIONS, purgeMaxStaleness: 3600, agentSha256: "0".repeat(64) };
    const settings = (cluster: boolean) =>
      agentSettingsSchema.parse((JSON.parse(bundle({ ...options, cluster })) as { settings: unknown }).settings);

    expect(settings(true).ring).toEqual({ ...PEER_PORTS, poll: 10 });
    expect(settings(false).ring).toBeUndefined();
  });

  test.each([
    ["without a shield", OPTIONS],
    [
      "with one",
      { ...OPTIONS, region: "us-east-1", sites: OPTIONS.sites.map((site) => ({ ...site, shield: "eu-central-1" })) },
    ],
  ])("leaves all others as they are, byte by byte, %s", (_, options) => {
    const off = nodeFiles({ ...options, cluster: false });

    expect(off).toEqual(nodeFiles(options));
    expect(
      some(Object.entries(off))
        .filter(([path, text]) => /\bring\b|peered|for-peers|RING_|PEER_/.test(path + text))
        .map(([path]) => path),
    ).toEqual([]);
  });
});

describe("the proof of a PoP's nodes", () => {
  const proofs = (region: string, ...keys: string[]) => ringProof(region, keys);

  test("is another one for who asks and for who answers, in each region and with each key", () => {
    const said = [
      ["eu-west-1", "a"],
      ["eu-west-1", "b"],
      ["us-east-1", "a"],
    ].flatMap(([region = "", key = ""]) => [proofs(region, key).get(ASKS), proofs(region, key).get(ANSWERS)]);

    expect(new Set(said).size).toBe(6);
    for (const proof of some(said)) {
      expect(proof).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test("is believed of the present key and of the next, by digests alone", () => {
    const own = proofs("eu-west-1", "a", "b");
    const others = proofs("eu-west-1", "b", "c");
    const believed = [...own].filter(([key]) => key !== ASKS && key !== ANSWERS);

    expect(believed.map(([, role]) => role)).toEqual([ASKS, ASKS, ANSWERS, ANSWERS]);
    expect(believed.map(([digest]) => digest)).not.toContain(own.get(ASKS));
    // Who has rotated already speaks by what the other one has as its next.
    expect([...others.keys()].filter((key) => own.has(key) && /^[0-9A-F]{64}$/.test(key))).toHaveLength(2);
  });

  test("is none before keys were read", () => {
    expect(proofs("eu-west-1").size).toBe(0);
  });
});
