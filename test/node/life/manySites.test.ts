import { HAPROXY, STAGED, VARNISH, type NodeProcess } from "../../../components/node/processes";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { reply, ScriptedOrigin } from "../origin/scripted";
import { AgentNode } from "./agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";

/** As many as a stack file may have, with the node's own. */
const SITES = 1000;

/** KiB of the agent's unit (MemoryMax), in which both compilers run. Here it bounds all that they map, which is more. */
const UNIT_MEMORY = 512 * 1024;

const hostOf = (i: number): string => `site${String(i)}.example.com`;

describeWith([DEBIAN], "a node that serves", () => {
  test("takes a bundle with 1,000 sites, within its unit's memory, and serves the first and the last", async () => {
    const cloud = await Cloud.start();
    const origin = await ScriptedOrigin.start();
    origin.on("/", reply("the site"));
    const node = await AgentNode.start({ cloud, origin });
    try {
      const more = Object.fromEntries(Array.from({ length: SITES - 1 }, (_, i) => [hostOf(i), {}]));
      await node.adopted(node.publish({ more }));

      for (const host of [hostOf(0), hostOf(SITES - 2)]) {
        expect(await node.ask("/", { host })).toMatchObject({ status: 200, body: "the site" });
      }
      for (const { check } of [HAPROXY, VARNISH] satisfies readonly NodeProcess[]) {
        const command = check.map((word) => word.replace(STAGED, ""));
        const limited = `ulimit -v ${String(UNIT_MEMORY)}; exec "$@"`;
        expect(await node.node.exec("sh", "-ec", limited, "sh", ...command)).toMatchObject({ status: 0 });
      }
    } finally {
      await node.stop();
      await origin.stop();
      await cloud.stop();
    }
  });
});
