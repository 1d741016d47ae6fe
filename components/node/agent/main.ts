import { readFileSync } from "node:fs";
import { Agent } from "./agent";
import { askAgent } from "./agentSocket";
import { parseBundle } from "./artifacts";
import { drainBeforeShutdown } from "./drainBeforeShutdown";
import { jsonLog, reasonOf } from "./log";
import { readIdentity } from "./settings";

/** The agent answers at once. */
const FORGIVE_SECONDS = 10;

const USAGE = `usage: agent.js          runs the agent of this node
       agent.js check [BUNDLE]  ends with 0 when it can run here, and understands the bundle in that file
       agent.js drain           has the node leave in order, before a shutdown
       agent.js forgive         has the agent that runs forget its verdicts and failures, and try again at once
`;

async function main([command, ...args]: readonly string[]): Promise<void> {
  const log = jsonLog();
  switch (command) {
    case undefined:
      return new Agent(readIdentity(), log).run();
    case "check": {
      // Puts all parts together, which touches nothing.
      new Agent(readIdentity(), log);
      const [file] = args;
      if (file !== undefined) {
        parseBundle(readFileSync(file, "utf8"));
      }
      return;
    }
    case "drain":
      return drainBeforeShutdown(readIdentity(), log);
    case "forgive":
      if (!(await askAgent("forgive", FORGIVE_SECONDS))) {
        throw new Error("no agent answers: sudo systemctl status footprint-agent");
      }
      return;
    default:
      process.stderr.write(USAGE);
      process.exitCode = 2;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  jsonLog((line) => process.stderr.write(line)).error("the agent ends", { reason: reasonOf(error) });
  process.exit(1);
});
