import { configOfStack } from "../config/ofStack";
import { PROJECT, roughConfig } from "../config/stackFile";
import { stackPath } from "../config/stacks";

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
    const { pops, sites } = configOfStack(stack, folder);
    const states = new Map(pops.map(({ region, state }) => [region, state]));
    return { states, hosts: sites.map(({ host }) => host), problem: undefined };
  } catch (error) {
    const [problem = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { ...roughView(stack, folder), problem };
  }
}

function roughView(stack: string, folder: string): Pick<FileView, "states" | "hosts"> {
  const config = new Map(Object.entries(roughConfig(stackPath(stack, folder))));
  const keys = (name: string): readonly string[] => {
    const found = config.get(`${PROJECT}:${name}`) ?? config.get(name);
    return typeof found === "object" && found !== null ? Object.keys(found) : [];
  };
  return { states: new Map(keys("pops").map((region) => [region, undefined])), hosts: keys("sites") };
}
