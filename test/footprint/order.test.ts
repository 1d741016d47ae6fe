import type { Recording, Registration } from "../../infra/plan/harness";
import { preview, shipped, small } from "../support/stacks";
import { WAITING_POP, waitLabel, WAITS } from "../support/waits";

describe("what must stand first, stands first (P33)", () => {
  let byLabel: Map<string, Registration>;
  let recording: Recording;
  beforeAll(async () => {
    recording = await preview(small({ [WAITING_POP]: {} }));
    byLabel = new Map(recording.registrations.filter(({ custom }) => custom).map((each) => [waitLabel(each), each]));
  });

  test.each(WAITS)("%s waits for %s: %s", (dependent, dependency) => {
    const urn = byLabel.get(dependency)?.urn;

    expect(urn).toBeDefined();
    expect(byLabel.get(dependent)?.dependencies).toContain(urn);
  });

  test("nothing waits for itself, around however many corners", () => {
    const byUrn = new Map(recording.registrations.map((each) => [each.urn, each]));
    const finished = new Set<string>();
    const visit = (urn: string, path: readonly string[]): void => {
      if (path.includes(urn)) {
        throw new Error(`cycle: ${[...path, urn].join(" -> ")}`);
      }
      if (!finished.has(urn)) {
        byUrn.get(urn)?.dependencies.forEach((next) => {
          visit(next, [...path, urn]);
        });
        finished.add(urn);
      }
    };

    for (const urn of byUrn.keys()) {
      visit(urn, []);
    }
    expect(finished.size).toBeGreaterThan(100);
  });

  test("every dependency is a resource of the plan", async () => {
    const global = await preview(shipped("global"));
    const urns = new Set(global.registrations.map(({ urn }) => urn));

    const unknown = global.registrations.flatMap(({ dependencies }) => dependencies.filter((urn) => !urns.has(urn)));

    expect(unknown).toEqual([]);
  });
});
