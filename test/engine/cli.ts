import * as path from "node:path";
import { resolveCli, defaultSources, type Cli } from "../../infra/sandbox/cli";
import type { Requirement } from "../support/requirements";

let resolved: Promise<Cli> | undefined;

/** The CLI as `footprint sandbox` finds it; one that must be built or downloaded first counts too. */
export function pulumiCli(say: (line: string) => void = () => undefined): Promise<Cli> {
  resolved ??= resolveCli(say).then((found) => {
    if (found === undefined) {
      throw new Error("there is no Pulumi CLI, and none can be downloaded or built");
    }
    return found;
  });
  return resolved;
}
