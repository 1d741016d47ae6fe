import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import type { Entity } from "../../infra/sandbox/aws/world";

const STACK = "one";
const POPS = { "eu-west-1": {}, "us-east-1": {} };
const GROUP = "aws:autoscaling/group:Group";
const RECORD = "aws:route53/record:Record";

describeWith([PULUMI_CLI], "a group whose creation failed counts as made, and gets no client", () => {
  let engine: Engine;
  let failed: Run;
  let held: Run;
  let between: readonly Entity[];
  let done: Run;
  let removed: Run;

  beforeAll(async () => {
    engine = await Engine.open();
    engine.write(STACK, tiny(POPS));
    // The group is there, and the provider has waited for its nodes in vain.
    engine.plan([{ method: "create", type: GROUP, name: "eu-west-1-nodes", effect: "fail-late", code: "Timeout" }]);
    failed = await engine.run("up", STACK, "--continue-on-error");
    nodes("eu-west-1", 1);
    held = await engine.run("up", STACK, "--continue-on-error");
    between = engine.world();
    nodes("eu-west-1", 2);
    done = await engine.run("up", STACK);
    await engine.up(STACK, tiny(POPS, { protection: false }));
    removed = await engine.run("destroy", STACK);
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  /** As many are healthy in the load balancer. */
  function nodes(region: string, healthy: number): void {
    engine.tamper((entity) => (entity.type === GROUP && entity.region === region ? { ...entity, healthy } : entity));
  }

  const latencyRecords = (entities: readonly Entity[]) =>
    entities
      .filter(({ type, properties }) => type === RECORD && properties.setIdentifier !== undefined)
      .map(({ properties }) => JSON.stringify(properties.setIdentifier));

  test("the first update fails, and the next one finds nothing to do at the group", () => {
    expect(failed.status).not.toBe(0);
    const group = held.calls.filter(({ type, method, preview }) => type === GROUP && method !== "read" && !preview);
    expect(group.filter(({ method }) => method === "create")).toEqual([]);
  });

  test("the next update makes no record of that PoP, says why, and leaves the others alone", () => {
    expect(held.status).not.toBe(0);
    expect(`${held.stdout}${held.stderr}`).toContain(
      "eu-west-1: 1 of 2 nodes are healthy in the load balancer, so no client is sent to it.",
    );
    expect(new Set(latencyRecords(between))).toEqual(new Set(['"us-east-1"']));
  });

  test("when the nodes are there, the update goes through", () => {
    expect(done).toEqual(expect.objectContaining({ status: 0 }));
    expect(done.calls.filter(({ type, method }) => type === RECORD && method === "create").length).toBeGreaterThan(1);
  });

  test("a teardown needs no program, though the state knows of hooks", () => {
    expect(removed).toEqual(expect.objectContaining({ status: 0 }));
  });
});
