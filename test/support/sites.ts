import * as path from "node:path";
import { loadConfig } from "../../infra/config/load";
import { stackConfigFromFile } from "../../infra/config/stackFile";
import type { Site } from "../../components/node/site";
import { repository } from "./tree";

/** The sites of a stack of this repository, as its nodes serve them. */
export function shippedSites(stack: string): readonly Site[] {
  return loadConfig(stack, stackConfigFromFile(path.join(repository, "stacks", `Pulumi.${stack}.yaml`))).sites;
}
