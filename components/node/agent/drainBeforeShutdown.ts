import { readFileSync } from "node:fs";
import { AGENT_FILES } from "../agentFiles";
import type { AgentTiming } from "../protocol/bundleFormat";
import { userId } from "../protocol/storeKeys";
import { AGENT_TIMING } from "../timing";
import { AccessLogs } from "./accessLogs";
import { askAgent } from "./agentSocket";
import { parseBundle } from "./artifacts";
import { runCommand } from "./commands";
import { Drain } from "./drain";
import { farewell, FAREWELL_SECONDS } from "./farewell";
import { HaproxyRuntime } from "./haproxy";
import { sendLastWords } from "./lastWords";
import { Lifecycle } from "./lifecycle";
import type { Log } from "./log";
import { s3LogStore } from "./logStore";
import { Metadata } from "./metadata";
import type { Identity } from "./settings";
import { Switches } from "./switches";

/** Seconds beyond its limit that the agent has to say that it is done: its clock starts later, and it says farewell. */
const TO_SAY_SO = 5 + FAREWELL_SECONDS;

/** Resolves when the machine may go down. The running agent drains; where none answers, this process does. */
export async function drainBeforeShutdown({ region, role }: Identity, log: Log): Promise<void> {
  const timing = adoptedTiming();
  if (await askAgent("drain", timing.drainLimit + TO_SAY_SO)) {
    return;
  }
  log.warn("no agent answers: draining without it");
  const [metadata, haproxy] = [new Metadata(), new HaproxyRuntime()];
  const switches = new Switches({ haproxy, log });
  const lifecycle = new Lifecycle({ region, metadata });
  const store = s3LogStore(region);
  const node = async (): Promise<string> => userId(role, await metadata.instanceId());
  const logs = new AccessLogs({ store, bucket: () => undefined, node, interval: () => timing.accessLog });
  const lastWords = (bucket: string) => sendLastWords(bucket, { store, run: runCommand, node });
  const options = { metadata, lifecycle, switches, haproxy, timing: () => timing, log };
  await new Drain({
    ...options,
    farewell: farewell({ logs, lastWords, metrics: () => Promise.resolve(), log }),
  }).shutdown();
}

function adoptedTiming(): AgentTiming {
  try {
    return parseBundle(readFileSync(AGENT_FILES.bundle, "utf8")).settings.timing;
  } catch {
    return AGENT_TIMING;
  }
}
