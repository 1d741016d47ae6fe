import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { loadConfig } from "../config/load";
import { PROJECT, stackConfigFromFile } from "../config/stackFile";
import { stackFile } from "../config/stacks";

/** What a stack file says, as far as it can be read: the operator's tool must work while somebody edits it. */
export interface FileView {
  /** State by region; of a file with mistakes in it the regions alone are known. */
  readonly states: ReadonlyMap<string, "active" | "drained" | undefined>;
  /** Hosts of the sites. */
  readonly hosts: readonly string[];
  /** Why that may not be all; undefined for a file without mistakes. */
  readonly problem: string | undefined;
}

export function fileView(stack: string, folder: string): FileView {
  try {
    const { pops, sites } = loadConfig(stack, stackConfigFromFile(stackFile(stack, folder)));
    const states = new Map(pops.map(({ region, state }) => [region, state]));
    return { states, hosts: sites.map(({ host }) => host), problem: undefined };
  } catch (error) {
    const [problem = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { ...roughView(stack, folder), problem };
  }
}

function roughView(stack: string, folder: string): Pick<FileView, "states" | "hosts"> {
  const keys = (config: unknown, name: string): readonly string[] => {
    const found = memberOf(config, `${PROJECT}:${name}`) ?? memberOf(config, name);
    return typeof found === "object" && found !== null ? Object.keys(found) : [];
  };
  try {
    const content: unknown = parseDocument(readFileSync(stackFile(stack, folder), "utf8"), { merge: true }).toJS();
    const config = memberOf(content, "config");
    return { states: new Map(keys(config, "pops").map((region) => [region, undefined])), hosts: keys(config, "sites") };
  } catch {
    return { states: new Map(), hosts: [] };
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}
