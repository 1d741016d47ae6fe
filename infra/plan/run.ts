import { stackFile } from "../commands/stacks";
import { stackConfigFromFile } from "../config/stackFile";
import { buildPlan } from "./build";
import { renderPlan } from "./render";
import type { Style } from "./table";

export interface PlanOptions {
  readonly stack: string;
  readonly json?: true;
  readonly diff?: string;
}

/** Does what `footprint plan` was asked, on standard output. */
export async function runPlan({ stack, json, diff }: PlanOptions, style: Style): Promise<void> {
  const plan = await buildPlan(stack, stackConfigFromFile(stackFile(stack)));
  const result = plan;
  process.stdout.write(json === true ? `${JSON.stringify(result, null, 2)}\n` : renderPlan(result, style));
}
