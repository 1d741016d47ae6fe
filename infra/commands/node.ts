import type { Command } from "commander";
import { registerNodeLock } from "./nodeLock";
import { registerNodePublish } from "./nodePublish";
import { registerNodeRender } from "./nodeRender";

/** `footprint node`: what nodes run. */
export function registerNode(program: Command): void {
  const node = program.command("node").description("What nodes run: their files, and their Debian packages.");
  for (const register of [registerNodeRender, registerNodeLock, registerNodePublish]) {
    register(node);
  }
}
