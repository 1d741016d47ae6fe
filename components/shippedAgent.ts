import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { AgentFile } from "./nodeStore";

/** Bundled beside the compiled files when this package is packed. */
const PATH = join(__dirname, "agent.js");

/** The agent that comes with this package, for the component that asks for it. */
export function shippedAgent(component: pulumi.Resource): AgentFile {
  if (!existsSync(PATH)) {
    throw new pulumi.ResourceError(
      "agent: must be given, or be there with this package, but these are its sources: run `npm run build` in its folder",
      component,
      true,
    );
  }
  return { path: PATH, sha256: createHash("sha256").update(readFileSync(PATH)).digest("hex") };
}
