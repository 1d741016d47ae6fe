import type { DrainSwitch } from "../../components/node/protocol/drainSwitch";
import { awsReason } from "../terminal/awsReason";
import { clientsOf } from "./clients";
import { isHealthy, isInService, readDrain, readGroup, readNodes } from "./look";
import type { DeployedPop } from "./pops";

/** Whether a PoP can take the clients of another one, as far as its store tells. */
export interface Survey {
  readonly region: string;
  readonly state: DeployedPop["state"];
  /** The drain switch; null while it is not thrown. */
  readonly drained: DrainSwitch | null;
  /** Nodes in service, and those of them that lately said that they and their PoP are well. */
  readonly nodes: number;
  readonly healthy: number;
  /** Why this is all unknown. */
  readonly unknown: string | null;
  /** Active, not switched off, and at least one node healthy. */
  readonly serves: boolean;
}

export async function survey(pop: DeployedPop): Promise<Survey> {
  const { region, state } = pop;
  const clients = clientsOf(region);
  try {
    const drained = (await readDrain(clients, pop)) ?? null;
    // Nodes' own reports suffice where Auto Scaling's control plane is away.
    const group = await readGroup(clients, pop).catch(() => undefined);
    const nodes = (await readNodes(clients, pop, group)).filter(isInService);
    const healthy = nodes.filter(isHealthy).length;
    const serves = state === "active" && drained === null && healthy > 0;
    return { region, state, drained, nodes: nodes.length, healthy, unknown: null, serves };
  } catch (error) {
    return { region, state, drained: null, nodes: 0, healthy: 0, unknown: awsReason(error), serves: false };
  }
}

/** A survey in words. */
export function surveyText({ state, drained, nodes, healthy, unknown }: Survey): string {
  if (unknown !== null) {
    return `cannot be looked at: ${unknown}`;
  }
  const count = `${String(healthy)} of ${String(nodes)} nodes healthy`;
  if (state !== "active") {
    return `${state === "drained" ? "`state: drained`" : "no longer in the stack file"}, ${count}`;
  }
  return drained === null ? count : `${switchText(drained)}, ${count}`;
}

export function switchText({ by, at, reason }: DrainSwitch): string {
  return `switched off by ${by} at ${at}: ${reason}`;
}
