import { describeWith } from "../support/requirements";
import { IMAGE, type StackInput } from "../support/stacks";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import { decisions, lines, type Step } from "./steps";

const STACK = "two";
const EDITED = "eu-west-1";
const OTHER = "us-east-1";
const POPS = { [EDITED]: {}, [OTHER]: {} };
const CDN = { origin: "https://origin.example.org" };

/** One after the other, each on what the one before has left. */
const EDITS: Readonly<Record<string, StackInput>> = {
  resize: tiny({ ...POPS, [EDITED]: { nodes: { min: 3, max: 12 } } }),
  types: tiny({ ...POPS, [EDITED]: { nodes: { min: 3, max: 12, types: ["m7gd.xlarge", "m6gd.xlarge"] } } }),
  image: tiny(POPS, { image: { [EDITED]: "ami-0fedcba9876543210", [OTHER]: IMAGE } }),
  settings: tiny(POPS, { sites: { "cdn.example.com": { ...CDN, origin: "https://other.example.org" } } }),
  "new site": tiny(POPS, { sites: { "cdn.example.com": CDN, "www.example.com": CDN } }),
  "site withdrawn": tiny(POPS, { sites: { "cdn.example.com": CDN, "www.example.com": { ...CDN, dns: "later" } } }),
  "site gone": tiny(POPS),
  tags: tiny(POPS, { tags: { environment: "test" } }),
};

describeWith([PULUMI_CLI], "edits of a footprint on the engine", () => {
  let engine: Engine;
  const runs = new Map<string, { readonly preview: Run; readonly up: Run }>();
  let exchanged: Run;

  beforeAll(async () => {
    engine = await Engine.open();
    await engine.up(STACK, tiny(POPS));
    for (const [name, input] of Object.entries(EDITS)) {
      runs.set(name, await engine.previewAndUp(STACK, input));
      if (name === "types" || name === "image") {
        // Back, so that the next edit is one edit.
        await engine.up(STACK, tiny(POPS));
      }
    }
    engine.write(STACK, tiny({ ...POPS, [EDITED]: { zones: ["euw1-az1", "euw1-az3"] } }));
    exchanged = await engine.run("preview", STACK);
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  function steps(edit: string): readonly Step[] {
    return runs.get(edit)?.up.steps ?? [];
  }

  test("a new size of one PoP changes its group and nothing else (P6)", () => {
    expect(lines(steps("resize"))).toEqual([`update Group ${EDITED}-nodes maxSize minElbCapacity minSize`]);
  });

  test("new instance types of one PoP change its group and what it scales by, in place (P6)", () => {
    expect(lines(steps("types"))).toEqual([
      `update Group ${EDITED}-nodes mixedInstancesPolicy`,
      `update Policy ${EDITED}-nodes-bandwidth targetTrackingConfiguration`,
    ]);
  });

  test("a new image of one PoP changes its launch template and group, in place (P7)", () => {
    expect(lines(steps("image"))).toEqual([
      `update Group ${EDITED}-nodes mixedInstancesPolicy`,
      `update LaunchTemplate ${EDITED}-nodes imageId`,
    ]);
  });

  test("new settings of a site change each PoP's bundle and pointer, and no node (P9)", () => {
    expect(lines(steps("settings"))).toEqual(configuration().sort());
  });

  test("a new site adds its certificates and records, and changes bundle and pointer (P9)", () => {
    expect(lines(steps("new site"))).toEqual([...configuration(), ...site("create"), ...answers("create")].sort());
  });

  test("a site that is withdrawn loses its answers, and nothing else", () => {
    expect(lines(steps("site withdrawn"))).toEqual(answers("delete").sort());
  });

  test("a site that goes then takes its certificates and their records with it (P9)", () => {
    expect(lines(steps("site gone"))).toEqual([...configuration(), ...site("delete")].sort());
  });

  test("a new tag leaves launch templates alone, and so the nodes", () => {
    expect(lines(steps("tags"))).toEqual(expect.arrayContaining([`update Group ${EDITED}-nodes tags`]));
    expect(lines(steps("tags")).filter((line) => / (LaunchTemplate|ObjectCopy|BucketObjectv2) /.test(line))).toEqual(
      [],
    );
  });

  test("rejects in the preview to exchange a zone of an active PoP, and names what to do (P31)", () => {
    expect(exchanged.status).not.toBe(0);
    expect(`${exchanged.stdout}${exchanged.stderr}`).toContain(`${EDITED}-drain-before-removing-euw1-az2`);
    expect(exchanged.calls.filter(({ method, preview }) => !preview && method === "update")).toEqual([]);
  });

  test.each(Object.keys(EDITS))("the preview of the edit (%s) lists exactly what the update does", (edit) => {
    const { preview, up } = runs.get(edit) ?? {};

    expect(up?.steps.length).toBeGreaterThan(0);
    expect(decisions(preview?.steps ?? [])).toEqual(decisions(up?.steps ?? []));
  });
});

/** A new bundle, what names it and what numbers that, in each PoP. A bundle is named by its content, so the former one goes. */
function configuration(): string[] {
  return Object.keys(POPS).flatMap((region) => [
    `create-replacement BucketObjectv2 ${region}-store-bundle content key`,
    `delete-replaced BucketObjectv2 ${region}-store-bundle`,
    `replace BucketObjectv2 ${region}-store-bundle content key`,
    `update BucketObjectv2 ${region}-store-pointer content`,
    `update Parameter ${region}-store-serial value`,
  ]);
}

const HOST = "www.example.com";

/** What stands of it in its hosted zone. */
function answers(op: "create" | "delete"): string[] {
  return [
    `${op} Record footprint-zones-${HOST}-caa`,
    ...Object.keys(POPS).flatMap((region) =>
      ["a", "aaaa"].map((family) => `${op} Record footprint-routing-${region}-${HOST}-${family}`),
    ),
  ];
}

/** All else that a site has of its own. */
function site(op: "create" | "delete"): string[] {
  return [
    `${op} StepGuard ${HOST}-dns-later-before-removing-site`,
    ...Object.keys(POPS).flatMap((region) => [
      `${op} Certificate ${region}-certificate-${HOST}`,
      `${op} CertificateValidation ${region}-certificate-${HOST}`,
      `${op} ListenerCertificate ${region}-lb-${HOST}`,
      `${op} MetricAlarm ${region}-alarm-certificate-${HOST}`,
      `${op} Record ${region}-certificate-${HOST}`,
    ]),
  ];
}
