import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import type { Case } from "./wire/cases/case";
import { CHUNKS } from "./wire/cases/chunks";
import { get } from "./wire/cases/case";
import { CONNECTIONS } from "./wire/cases/connections";
import { LENGTHS } from "./wire/cases/lengths";
import { SYNTAX } from "./wire/cases/syntax";
import { TARGETS } from "./wire/cases/targets";
import { WatchedNode } from "./wire/watchedNode";

const GROUPS: readonly (readonly [string, readonly Case[]])[] = [
  ["where a request ends", LENGTHS],
  ["chunked bodies", CHUNKS],
  ["the syntax of requests", SYNTAX],
  ["targets and hosts", TARGETS],
  ["connections", CONNECTIONS],
];

describeWith([DEBIAN], "request smuggling", () => {
  let node: WatchedNode;

  beforeAll(async () => {
    node = await WatchedNode.start();
  });

  afterAll(async () => {
    await node.stop();
  });

  describe.each(GROUPS)("by %s", (group, cases) => {
    test.each(cases.map((each) => [each.name, each] as const))("%s", async (name, { bytes, answers, atOrigin = 0 }) => {
      const id = `${GROUPS.findIndex(([each]) => each === group)}-${cases.findIndex((each) => each.name === name)}`;
      const target = `/case/${id}/`;
      const hidden = get(`/hidden/${id}`, "X-Marker: evil");

      const got = await node.attack(...bytes({ target, hidden }));
      const seen = node.origin.of(target).length;
      const honest = await node.visit(target);

      expect(got.map(({ status }) => status)).toEqual(answers);
      expect(seen).toBe(atOrigin);
      expect(honest.status).toBe(200);
      expect(JSON.parse(honest.body)).toMatchObject({ method: "GET", target, body: "" });
      expect(honest.body).not.toContain("evil");
      expect(node.origin.of("/hidden/")).toEqual([]);
      expect(node.origin.violations).toEqual([]);
      expect(await node.isUnharmed()).toBe(true);
    });
  });
});
