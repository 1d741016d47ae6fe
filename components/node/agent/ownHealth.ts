import { NODE_HEALTH_PATH, POP_HEALTH_PATH } from "../ports";
import type { AgentSettings } from "../protocol/bundleFormat";
import { askSelf } from "./ask";

/** Longest reason that is handed on. */
const REASON_LIMIT = 300;

/** What HAProxy answers for this node, and for its PoP: "ok" for 200, else why not. It never throws. */
export async function ownHealth({
  popName,
  ports,
}: Pick<AgentSettings, "popName" | "ports">): Promise<{ readonly node: string; readonly pop: string }> {
  const [node, pop] = await Promise.all([
    answerOf(ports.health, "localhost", NODE_HEALTH_PATH),
    answerOf(ports.traffic, popName, POP_HEALTH_PATH),
  ]);
  return { node, pop };
}

async function answerOf(port: number, host: string, path: string): Promise<string> {
  try {
    const { status, body } = await askSelf(port, host, path);
    return status === 200 ? "ok" : body.trim().slice(0, REASON_LIMIT) || `status ${String(status)}`;
  } catch (error) {
    return `HAProxy does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
