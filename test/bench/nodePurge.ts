import { setTimeout as sleep } from "node:timers/promises";
import { AGENT_TIMING } from "../../components/node/timing";
import { HOST } from "../node/origin/rig";
import type { AgentNode } from "../node/life/agentNode";
import { bodyOf, PurgePops, type Resource } from "../node/life/purgePops";
import { percentile } from "./percentile";

/** From an operator's publishing a purge until the last node of all PoPs serves the new body; milliseconds. */
export interface PurgeSpread {
  readonly purges: number;
  readonly nodes: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

const PURGES = 100;

/** Between two purges, and between two looks at a node. The first is no fraction of the time between two polls. */
const PAUSE_MS = 370;
const LOOK_MS = 25;

/** Three PoPs of two nodes, with the clocks of production. */
export async function measurePurgeSpread(): Promise<PurgeSpread> {
  const pops = await PurgePops.start(AGENT_TIMING);
  try {
    const resources = Array.from({ length: PURGES }, (_, i): Resource => ({ host: HOST, path: `/purged/${i}` }));
    for (const resource of resources) {
      pops.serve(resource.path, "1");
      await pops.warm(resource, "1");
    }
    const times: Promise<number>[] = [];
    for (const resource of resources) {
      times.push(spreadOf(pops, resource));
      await sleep(PAUSE_MS);
    }
    return figuresOf(await Promise.all(times), pops.nodes.length);
  } finally {
    await pops.stop();
  }
}

async function spreadOf(pops: PurgePops, resource: Resource): Promise<number> {
  pops.serve(resource.path, "2");
  const started = performance.now();
  await pops.publish([{ kind: "url", ...resource }]);
  await Promise.all(pops.nodes.map((node) => untilNew(node, resource)));
  return performance.now() - started;
}

async function untilNew(node: AgentNode, resource: Resource): Promise<void> {
  while ((await node.ask(resource.path)).body !== bodyOf(resource, "2")) {
    await sleep(LOOK_MS);
  }
}

function figuresOf(times: readonly number[], nodes: number): PurgeSpread {
  const [p50 = 0, p95 = 0, max = 0] = [0.5, 0.95, 1].map((part) => percentile(times, part));
  return { purges: times.length, nodes, p50, p95, max };
}
