import { readFileSync } from "node:fs";
import { AGENT_FILES } from "../agentFiles";
import { HAPROXY, VARNISH } from "../processes";
import { sha256Of } from "./artifacts";
import type { Run } from "./commands";

/** What parses bundles on this node, by versions: Debian's packages of HAProxy and Varnish, and the agent. */
export async function softwareOf(run: Run): Promise<string> {
  const names = [HAPROXY.package, VARNISH.package];
  const { said } = await run(["dpkg-query", "--show", "--showformat", "${Package} ${Version} ", ...names]);
  return `${said}agent ${sha256Of(readFileSync(AGENT_FILES.program)).slice(0, 12)}`;
}
