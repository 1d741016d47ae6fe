import { createHash } from "node:crypto";
import { AGENT_FILES } from "../agentFiles";
import type { Bundle } from "../protocol/bundleFormat";
import type { Artifact, Pointer } from "../protocol/pointer";
import type { Adoption } from "./adoption";
import { AGENT_FAILED, type AgentProgram } from "./agentProgram";
import { fetchArtifact, Unfit } from "./artifacts";
import type { Log } from "./log";
import { readPeers } from "./peers";
import type { Store } from "./store";

export interface ConfigurationOptions {
  readonly store: Pick<Store, "get" | "list">;
  readonly adoption: Pick<Adoption, "adopt" | "reject" | "forgive" | "bundle" | "generation" | "rejected">;
  readonly program: Pick<AgentProgram, "prepare" | "take" | "hasFailed" | "forgive">;
  readonly instance: () => Promise<string>;
  /** The node is about to end: it stays as it is. */
  readonly leaving: () => boolean;
  /** Ends the process, so that it is started again with other settings, or as another agent. */
  readonly restart: (reason: string) => void;
  readonly log: Log;
  /** Milliseconds; default: a clock that only goes forward. */
  readonly now?: () => number;
}

/** Follows the pointer: adopts the bundle that it names, at this node's own time, unless another node has refused it. */
export class Configuration {
  private waiting: { readonly sha256: string; readonly since: number } | undefined;
  private haltedBy: string | undefined;

  constructor(private readonly options: ConfigurationOptions) {}

  /** Why the bundle of the pointer is not adopted though this node has not refused it; undefined when nothing halts. */
  get halted(): string | undefined {
    return this.haltedBy;
  }

  /** One step towards what the pointer names. Throws what stands in the way this time. */
  async follow({ bundle: named }: Pointer): Promise<void> {
    const { adoption, program, leaving } = this.options;
    if (named.sha256 === adoption.generation) {
      this.waiting = undefined;
      this.haltedBy = undefined;
      return this.followProgram(named, adoption.bundle);
    }
    if (adoption.bundle !== undefined) {
      if (leaving() || adoption.rejected?.sha256 === named.sha256 || !(await this.isTime(named, adoption.bundle))) {
        return;
      }
    }
    const settings = adoption.bundle?.settings;
    const text = await this.fetch(named);
    const adopted = await adoption.adopt(named.sha256, text, ({ agent }, file) => program.prepare(agent, file));
    if (program.take(adopted.agent)) {
      this.options.restart("another agent");
    } else if (settings !== undefined && JSON.stringify(settings) !== JSON.stringify(adopted.settings)) {
      this.options.restart("other settings");
    }
  }

  private async fetch(named: Artifact): Promise<string> {
    try {
      return (await fetchArtifact(this.options.store, named)).toString();
    } catch (error) {
      if (error instanceof Unfit) {
        this.options.adoption.reject(named.sha256, error.message);
      }
      throw error;
    }
  }

  /** The node runs the bundle; its agent does too, unless a crash came between, or it could not live. */
  private async followProgram({ sha256 }: Artifact, bundle: Bundle | undefined): Promise<void> {
    const { adoption, program, leaving, restart } = this.options;
    if (bundle === undefined || leaving()) {
      return;
    }
    if (program.hasFailed(bundle.agent)) {
      if (adoption.rejected?.sha256 !== sha256) {
        adoption.reject(sha256, AGENT_FAILED);
      }
      return;
    }
    adoption.forgive();
    program.forgive();
    await program.prepare(bundle.agent, AGENT_FILES.bundle);
    if (program.take(bundle.agent)) {
      restart("another agent");
    }
  }

  private async isTime({ sha256 }: Artifact, { settings }: Bundle): Promise<boolean> {
    const { store, instance, log, now = () => performance.now() } = this.options;
    if (this.waiting?.sha256 !== sha256) {
      this.waiting = { sha256, since: now() };
      this.haltedBy = undefined;
    }
    const id = await instance();
    if (now() - this.waiting.since < shareOf(id, sha256) * settings.timing.adoptionWindow * 1000) {
      return false;
    }
    const refusals = (await readPeers(store, id)).flatMap(({ instance: peer, configuration: { rejected } }) =>
      rejected?.sha256 === sha256 ? [`${peer} has rejected it: ${rejected.reason}`] : [],
    );
    const [refusal] = refusals;
    if (refusal !== undefined && refusal !== this.haltedBy) {
      log.error("adoption halted", { sha256, reason: refusal });
    }
    this.haltedBy = refusal;
    return refusal === undefined;
  }
}

/** Where in the window a node adopts a bundle, from 0 to 1: the same at each look, another for each node and bundle. */
export function shareOf(instance: string, sha256: string): number {
  return createHash("sha256").update(`${instance} ${sha256}`).digest().readUInt32BE() / 2 ** 32;
}
