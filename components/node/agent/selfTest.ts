import { randomUUID } from "node:crypto";
import { NODE_HEALTH_PATH, POP_HEALTH_PATH, SELF_TEST_PATH } from "../ports";
import type { AgentSettings } from "../protocol/bundleFormat";
import { askSelf } from "./ask";

/** Hosts that are asked at the same time. */
const AT_ONCE = 16;

/** The node answers, and not as it should: another try would change nothing. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

/**
 * Asks the node as its load balancer does: each host, its own health, its PoP's health. No origin is asked.
 *
 * @param vetoed the agent itself makes the node unhealthy for a reason that is not the configuration's
 * @throws WrongAnswer saying what does not work; Error for what may work in a moment, when its programs are started again
 */
export async function selfTest(settings: AgentSettings, vetoed: () => boolean = () => false): Promise<void> {
  const { hosts, popName, ports } = settings;
  for (let i = 0; i < hosts.length; i += AT_ONCE) {
    await Promise.all(hosts.slice(i, i + AT_ONCE).map((host) => cacheAnswers(ports.traffic, host)));
  }
  const pop = await askSelf(ports.traffic, popName, POP_HEALTH_PATH);
  // 503 is an answer, too: the PoP may be drained.
  if (pop.status !== 200 && pop.status !== 503) {
    throw new WrongAnswer(`the PoP's health is answered with ${pop.status}`);
  }
  const node = await askSelf(ports.health, "localhost", NODE_HEALTH_PATH);
  if (node.status !== 200 && !(node.status === 503 && vetoed())) {
    throw new Error(`the node's health is answered with ${node.status}`);
  }
}

/**
 * What is taken from the cache alone, and is not there, is answered by Varnish with 504: so HAProxy knows the site,
 * reaches Varnish, and Varnish's rules come to an end, which call it denied. HAProxy's own 504 is a timeout.
 */
async function cacheAnswers(port: number, host: string): Promise<void> {
  const { status, head } = await askSelf(port, host, `${SELF_TEST_PATH}${randomUUID()}`, {
    "Cache-Control": "only-if-cached",
  });
  if (status !== 504 || !/^proxy-status:.*; error=http_request_denied\s*$/im.test(head)) {
    const problem = `${host} is answered with ${status} where its cache would say 504`;
    throw status === 503 ? new Error(problem) : new WrongAnswer(problem);
  }
}
