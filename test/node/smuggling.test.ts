import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { aftermath, nothing } from "./wire/aftermath";
import { aimsOf, type Case } from "./wire/cases/case";
import { CHUNKS } from "./wire/cases/chunks";
import { CONNECTIONS } from "./wire/cases/connections";
import { LENGTHS } from "./wire/cases/lengths";
import { SYNTAX } from "./wire/cases/syntax";
import { TARGETS } from "./wire/cases/targets";
import { WatchedNode } from "./wire/watchedNode";

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  "where a request ends": LENGTHS,
  "chunked bodies": CHUNKS,
  "the syntax of requests": SYNTAX,
  "targets and hosts": TARGETS,
  connections: CONNECTIONS,
};

/** The answers to an attack say what became of it; behind them the origin never sees two requests for one. */
describeWith([DEBIAN], "HTTP/1.1 that could smuggle a request", () => {
  let node: WatchedNode;

  beforeAll(async () => {
    node = await WatchedNode.start();
  });

  afterAll(async () => {
    await node.stop();
  });

  describe.each(Object.entries(GROUPS))("%s", (group, cases) => {
    test.each(cases.map((each, index) => [each.name, each, index] as const))("%s", async (_, attack, index) => {
      const aims = aimsOf(`${group.replaceAll(" ", "-")}-${index}`);

      const answers = await node.attack(...attack.bytes(aims));
      const atOrigin = node.origin.of(aims.target).length;

      expect({ answers: answers.map(({ status }) => status), atOrigin }).toEqual({
        answers: attack.answers,
        atOrigin: attack.atOrigin ?? 0,
      });
      expect(await aftermath(node, aims.target)).toEqual(nothing(aims.target));
    });
  });
});
