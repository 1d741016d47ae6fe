import type { Style } from "../terminal/table";
import type { Consequences } from "./consequences";

/** What clients notice of a deployment, as an operator reads it. */
export function renderConsequences({ refused, pops, global }: Consequences, style: Style): string {
  const title = style.bold("What clients notice");
  if (refused.length > 0) {
    const guards = refused.map((name) => `  ${style.red(name)}\n`).join("");
    return `${title}: nothing, since the deployment is refused (runbook, "An edit that takes two steps")\n${guards}`;
  }
  const parts = [...Object.entries(pops), ["global", global] as const].filter(([, sentences]) => sentences.length > 0);
  if (parts.length === 0) {
    return `${title}: nothing\n`;
  }
  const lines = parts.flatMap(([name, sentences]) => sentences.map((sentence) => `  ${name}: ${sentence}\n`));
  return `${title}\n${lines.join("")}`;
}
