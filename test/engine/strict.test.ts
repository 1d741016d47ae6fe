import * as fc from "fast-check";
import { describeWith } from "../support/requirements";
import type { Outcome } from "../../infra/sandbox/sandbox";
import { IMAGE, type StackInput } from "../support/stacks";
import { Engine, PULUMI_CLI, STORY, tiny } from "./engine";

const STACK = "one";
const NEXT_IMAGE = "ami-0fedcba9876543210";
const IMAGES = { "eu-west-1": IMAGE, "us-east-1": IMAGE, "ap-south-1": IMAGE };

/** The same edits in every run of the tests: a failure names its edit, and a new seed is a line here. */
const SEED = 20261128;
const EDITS = 2;

const host = (settings: object) => ({ origin: "https://origin.example.org", ...settings });

/**
 * Footprints between which each way is one edit that the guards let through: the third PoP comes and goes as a drained
 * one, since an active one is drained before it goes.
 */
const footprints = fc
  .record({
    image: fc.constantFrom(IMAGE, NEXT_IMAGE),
    second: fc.constantFrom("active", "drained"),
    third: fc.boolean(),
    max: fc.integer({ min: 4, max: 8 }),
    spotShare: fc.constantFrom(0, 30),
    hosts: fc.uniqueArray(fc.constantFrom("www", "img", "api"), { maxLength: 2 }),
    maxAge: fc.integer({ min: 60, max: 600 }),
    tlsPolicy: fc.constantFrom("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
    flow: fc.constantFrom("rejected", "all"),
    retention: fc.integer({ min: 7, max: 60 }),
    healthCheck: fc.record({ interval: fc.constantFrom(10, 30), threshold: fc.integer({ min: 2, max: 5 }) }),
    tags: fc.dictionary(fc.constantFrom("owner", "team"), fc.constantFrom("a", "b")),
    emails: fc.uniqueArray(fc.constantFrom("edge@example.com", "noc@example.com")),
  })
  .map(({ image, second, third, max, spotShare, hosts, maxAge, flow, retention, emails, ...same }): StackInput => {
    const pops = {
      "eu-west-1": { nodes: { min: 2, max, spotShare } },
      "us-east-1": { state: second },
      ...(third ? { "ap-south-1": { state: "drained" } } : {}),
    };
    return tiny(pops, {
      ...same,
      image: { ...IMAGES, "eu-west-1": image },
      sites: {
        "cdn.example.com": host({ maxAge }),
        // They come and go in one step, which a site with answers may not.
        ...Object.fromEntries(hosts.map((name) => [`${name}.example.com`, host({ dns: "later" })])),
      },
      logs: { flow, retention },
      alarms: { emails },
    });
  });

const EDITED: Readonly<Record<string, StackInput>> = {
  "a first deployment": tiny({ "eu-west-1": {}, "us-east-1": {} }),
  "a drain, a new region and a new image": tiny(
    { "eu-west-1": {}, "us-east-1": { state: "drained" }, "ap-south-1": { state: "drained" } },
    { image: { ...IMAGES, "eu-west-1": NEXT_IMAGE } },
  ),
  ...Object.fromEntries(
    fc
      .sample(footprints, { numRuns: EDITS, seed: SEED })
      .map((input, index) => [`random edit ${String(index + 1)} of seed ${String(SEED)}`, input]),
  ),
};

// The engine makes a plan of each preview and holds the update to it, as `deploy.yml` does with FOOTPRINT_STRICT: a step
// that was not previewed, and one that was and does not come, both end the update.
describeWith([PULUMI_CLI], "the steps of an update are the steps of its preview, by the engine's own word", () => {
  let engine: Engine;
  const outcomes = new Map<string, Outcome>();
  let again: Outcome;

  beforeAll(async () => {
    engine = await Engine.open();
    for (const [what, input] of Object.entries(EDITED)) {
      engine.write(STACK, input);
      outcomes.set(what, await engine.run("up", STACK, "--strict", "--color", "never"));
    }
    again = await engine.run("preview", STACK, "--expect-no-changes");
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  test.each(Object.keys(EDITED))("%s", (what) => {
    const { status, stdout, stderr } = outcomes.get(what)!;

    expect(`${stdout}${stderr}`).not.toMatch(/violates plan|error:/);
    expect(status).toBe(0);
    expect(stdout).toMatch(/[+~-] \d+ (?:to )?(?:created?|updated?|deleted?)/);
  });

  test("after them there is nothing to do", () => {
    expect(again.status).toBe(0);
  });
});
