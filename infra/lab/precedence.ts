import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** Niceness of what takes precedence: nine times the share of a processor that what has the usual one gets beside it. */
const NICENESS = -10;

/**
 * By default Linux shares processors between sessions first, of which each program of a node is one (sched(7), autogroup):
 * within one niceness counts alone.
 */
const SESSION = "/proc/self/autogroup";

/**
 * Lets this thread run before what it starts. It is all that stands around nodes: origins, load balancers, Route 53, the ways
 * between them, and people. It needs a fifth of a processor, and where nodes that boot keep it waiting for that, TLS handshakes
 * with origins take longer than nodes give them, and every PoP takes its origins for dead at once.
 *
 * @returns what undoes it
 */
export function takePrecedence(): () => void {
  const former = getPriority();
  const formerOfSession = existsSync(SESSION) ? / nice (-?\d+)/.exec(readFileSync(SESSION, "utf8"))?.[1] : undefined;
  // What is started has the usual one again (sched(7), SCHED_RESET_ON_FORK).
  const reset = spawnSync("chrt", ["--reset-on-fork", "--other", "--pid", "0", String(process.pid)]);
  try {
    if (reset.status === 0) {
      setPriority(NICENESS);
    }
    if (formerOfSession !== undefined) {
      writeFileSync(SESSION, String(NICENESS));
    }
  } catch {
    // A container may not let it: then it is as slow as its machine.
  }
  return () => {
    setPriority(former);
    if (formerOfSession !== undefined) {
      // One that was killed has left its session with it.
      writeFileSync(SESSION, formerOfSession === String(NICENESS) ? "0" : formerOfSession);
    }
  };
}
