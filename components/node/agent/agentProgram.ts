import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AGENT_FILES, agentCommand, PROBATION_STARTS } from "../agentFiles";
import type { Artifact } from "../protocol/pointer";
import { fetchArtifact, Harmful, sha256Of } from "./artifacts";
import { mustRun, type Run } from "./commands";
import { writeDurably } from "./durableFile";
import type { Store } from "./store";

/** What is said of a bundle whose agent has failed. */
export const AGENT_FAILED = `its agent ended ${String(PROBATION_STARTS)} times soon after its start; the former agent goes on`;

export interface AgentProgramOptions {
  readonly store: Pick<Store, "get">;
  readonly run: Run;
  /** Folder that stands for /; default: none. */
  readonly root?: string;
}

/**
 * The agent's own file. A bundle names the agent that goes with it. A new one is on probation until it has run for a
 * while: when it ends too often before, the unit puts the former one back in its place.
 */
export class AgentProgram {
  private readonly sha256: string;

  constructor(private readonly options: AgentProgramOptions) {
    this.sha256 = sha256Of(readFileSync(this.at(AGENT_FILES.program)));
  }

  /** Another agent than this one, and one that did not live through its probation here. */
  hasFailed({ sha256 }: Artifact): boolean {
    const refused = this.at(AGENT_FILES.refusedProgram);
    return sha256 !== this.sha256 && existsSync(refused) && sha256Of(readFileSync(refused)) === sha256;
  }

  /** This agent has not run for long enough yet. */
  get isOnProbation(): boolean {
    return existsSync(this.at(AGENT_FILES.formerProgram));
  }

  /** Forgets which agent has failed: nobody wants it any more, or it is tried again. */
  forgive(): void {
    rmSync(this.at(AGENT_FILES.refusedProgram), { force: true });
  }

  /**
   * Sees to it that another agent lies ready, and that it can run here: it loads, and understands the bundle.
   *
   * @param bundleFile the bundle that names it
   * @throws Harmful when it has failed before; Error when it cannot, or is not the one that was named
   */
  async prepare(agent: Artifact, bundleFile: string): Promise<void> {
    if (agent.sha256 === this.sha256) {
      return;
    }
    if (this.hasFailed(agent)) {
      throw new Harmful(AGENT_FAILED);
    }
    const next = this.at(AGENT_FILES.nextProgram);
    writeDurably(next, await fetchArtifact(this.options.store, agent), 0o755);
    try {
      await mustRun(this.options.run, agentCommand(next, "check", bundleFile));
    } catch (error) {
      rmSync(next, { force: true });
      throw error;
    }
  }

  /** Puts the prepared agent in place of this one; true when there was one: this process is to end then. */
  take(agent: Artifact): boolean {
    if (agent.sha256 === this.sha256) {
      return false;
    }
    const program = this.at(AGENT_FILES.program);
    const next = this.at(AGENT_FILES.nextProgram);
    rmSync(this.at(AGENT_FILES.starts), { force: true });
    writeDurably(this.at(AGENT_FILES.formerProgram), readFileSync(program), 0o755);
    writeDurably(program, readFileSync(next), 0o755);
    rmSync(next, { force: true });
    return true;
  }

  /** This agent has run for long enough: the former one is not needed any more. */
  keep(): void {
    rmSync(this.at(AGENT_FILES.formerProgram), { force: true });
    rmSync(this.at(AGENT_FILES.starts), { force: true });
  }

  private at(path: string): string {
    return join(this.options.root ?? "", path);
  }
}
