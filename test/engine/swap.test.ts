import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import { interruptions } from "./serving";
import type { Entity } from "../../infra/sandbox/aws/world";

const STACK = "two";
const FORMER = "us-east-1";
const NEXT = "eu-west-1";
const ZONES = ["Z0123456789ABCDEFGHIJ"];
const GROUP = "aws:autoscaling/group:Group";
const RECORD = "aws:route53/record:Record";
const DRAINED = { state: "drained" };
const SAYS =
  "no active PoP could be given clients of cdn.example.com A, cdn.example.com AAAA, so this update takes nothing away";

interface Try {
  readonly run: Run;
  readonly interrupted: readonly string[];
  /** PoPs with latency records, afterwards. */
  readonly answers: readonly string[];
}

// Pulumi's own TestDestroyContinueOnErrorDeleteAfterFailedUp: what the program dropped is deleted though a create has failed.
describeWith([PULUMI_CLI], "a PoP that is to take the place of the only one, with --continue-on-error", () => {
  let engine: Engine;
  let unhealthy: Try;
  let incomplete: Try;
  let done: Try;

  beforeAll(async () => {
    engine = await Engine.open();
    await engine.up(STACK, tiny({ [FORMER]: {}, [NEXT]: DRAINED }));
    nodes(0);
    unhealthy = await attempt({ [FORMER]: DRAINED, [NEXT]: {} });
    engine.plan([{ method: "create", type: "aws:lb/loadBalancer:LoadBalancer", effect: "fail", code: "TooMany" }]);
    incomplete = await attempt({ [FORMER]: DRAINED, [NEXT]: DRAINED, "eu-central-1": {} });
    engine.plan([]);
    nodes(2);
    done = await attempt({ [FORMER]: DRAINED, [NEXT]: {}, "eu-central-1": DRAINED });
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  async function attempt(pops: Readonly<Record<string, unknown>>): Promise<Try> {
    engine.write(STACK, tiny(pops));
    const before = engine.world();
    const run = await engine.run("up", STACK, "--continue-on-error");
    const after = engine.world();
    return {
      run,
      interrupted: interruptions(before, run, after, { zones: ZONES, ports: [443] }),
      answers: answers(after),
    };
  }

  /** As many are healthy in the next PoP's load balancer. */
  function nodes(healthy: number): void {
    engine.tamper((entity) => (entity.type === GROUP && entity.region === NEXT ? { ...entity, healthy } : entity));
  }

  const answers = (world: readonly Entity[]) => [
    ...new Set(
      world.flatMap(({ type, properties: { setIdentifier } }) =>
        type === RECORD && typeof setIdentifier === "string" ? [setIdentifier] : [],
      ),
    ),
  ];

  test("takes nothing away while its nodes are not healthy, and says so", () => {
    expect(unhealthy.run.status).not.toBe(0);
    expect(`${unhealthy.run.stdout}${unhealthy.run.stderr}`).toContain(`${NEXT}: 0 of 2 nodes are healthy`);
    expect(`${unhealthy.run.stdout}${unhealthy.run.stderr}`).toContain(SAYS);
    expect(unhealthy.interrupted).toEqual([]);
    expect(unhealthy.answers).toEqual([FORMER]);
  });

  test("takes nothing away when it is new and cannot be made", () => {
    expect(incomplete.run.status).not.toBe(0);
    expect(`${incomplete.run.stdout}${incomplete.run.stderr}`).toContain(SAYS);
    expect(incomplete.interrupted).toEqual([]);
    expect(incomplete.answers).toEqual([FORMER]);
  });

  test("takes its place when its nodes are there", () => {
    expect(done.run).toEqual(expect.objectContaining({ status: 0 }));
    expect(done.interrupted).toEqual([]);
    expect(done.answers).toEqual([NEXT]);
  });
});
