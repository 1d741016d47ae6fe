import { readFileSync } from "node:fs";
import { AGENT_FILES } from "../agentFiles";
import type { AgentTiming } from "../protocol/bundleFormat";
import { AGENT_TIMING } from "../timing";
import { askAgent } from "./agentSocket";
import { parseBundle } from "./artifacts";
import { Drain } from "./drain";
import { HaproxyRuntime } from "./haproxy";
import { Lifecycle } from "./lifecycle";
import type { Log } from "./log";
import { Metadata } from "./metadata";
import type { Identity } from "./settings";
import { Switches } from "./switches";

/** Seconds beyond its limit that the agent has to say that it is done: its clock starts later. */
const TO_SAY_SO = 5;

/** Resolves when the machine may go down. The running agent drains; where none answers, this process does. */
export async function drainBeforeShutdown({ region }: Identity, log: Log): Promise<void> {
  const timing = adoptedTiming();
  if (await askAgent("drain", timing.drainLimit + TO_SAY_SO)) {
    return;
  }
  log.warn("no agent answers: draining without it");
  const [metadata, haproxy] = [new Metadata(), new HaproxyRuntime()];
  const switches = new Switches({ haproxy, log });
  const lifecycle = new Lifecycle({ region, metadata });
  await new Drain({ metadata, lifecycle, switches, haproxy, timing: () => timing, log }).shutdown();
}

function adoptedTiming(): AgentTiming {
  try {
    return parseBundle(readFileSync(AGENT_FILES.bundle, "utf8")).settings.timing;
  } catch {
    return AGENT_TIMING;
  }
}
