import { readFileSync, rmSync } from "node:fs";
import { AGENT_FILES, agentCommand } from "../agentFiles";
import type { Artifact } from "../protocol/pointer";
import { fetchArtifact, sha256Of, Unfit } from "./artifacts";
import { mustRun, type Run } from "./commands";
import { writeDurably } from "./durableFile";
import type { Store } from "./store";

export interface AgentProgramOptions {
  readonly store: Pick<Store, "get">;
  readonly run: Run;
  /** Default: the place of the agent on a node. */
  readonly file?: string;
  /** Where another one waits; default: its place on a node. */
  readonly nextFile?: string;
}

/** The agent's own file. A bundle names the agent that goes with it. */
export class AgentProgram {
  private readonly file: string;
  private readonly nextFile: string;
  private readonly sha256: string;

  constructor(private readonly options: AgentProgramOptions) {
    this.file = options.file ?? AGENT_FILES.program;
    this.nextFile = options.nextFile ?? AGENT_FILES.nextProgram;
    this.sha256 = sha256Of(readFileSync(this.file));
  }

  /**
   * Sees to it that another agent lies ready, and that it can run here: it loads, and understands the bundle.
   *
   * @param bundleFile the bundle that names it
   * @throws Unfit when it cannot, or is not the one that was named
   */
  async prepare(agent: Artifact, bundleFile: string): Promise<void> {
    if (agent.sha256 === this.sha256) {
      return;
    }
    writeDurably(this.nextFile, await fetchArtifact(this.options.store, agent), 0o755);
    try {
      await mustRun(this.options.run, agentCommand(this.nextFile, "check", bundleFile));
    } catch (error) {
      rmSync(this.nextFile, { force: true });
      throw new Unfit(error instanceof Error ? error.message : String(error));
    }
  }

  /** Puts the prepared agent in place of this one; true when there was one: this process is to end then. */
  take(agent: Artifact): boolean {
    if (agent.sha256 === this.sha256) {
      return false;
    }
    writeDurably(this.file, readFileSync(this.nextFile), 0o755);
    rmSync(this.nextFile, { force: true });
    return true;
  }
}
