import { readFileSync } from "node:fs";
import { Agent } from "./agent";
import { parseBundle } from "./artifacts";
import { drainBeforeShutdown } from "./drainBeforeShutdown";
import { jsonLog, reasonOf } from "./log";
import { readIdentity } from "./settings";

const USAGE = `usage: agent.js          runs the agent of this node
       agent.js check [BUNDLE]  ends with 0 when it can run here, and understands the bundle in that file
       agent.js drain           has the node leave in order, before a shutdown
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
    default:
      process.stderr.write(USAGE);
      process.exitCode = 2;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  jsonLog((line) => process.stderr.write(line)).error("the agent ends", { reason: reasonOf(error) });
  process.exit(1);
});
