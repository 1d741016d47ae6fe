import { createHash } from "node:crypto";
import { AGENT_FILES } from "../agentFiles";
import type { Bundle } from "../protocol/bundleFormat";
import type { Artifact, Pointer } from "../protocol/pointer";
import type { Adoption } from "./adoption";
import { AGENT_FAILED, type AgentProgram } from "./agentProgram";
import { fetchArtifact, Harmful, OtherContent } from "./artifacts";
import type { Log } from "./log";
import { readPeers } from "./peers";
import type { Store } from "./store";

export interface ConfigurationOptions {
  readonly store: Pick<Store, "get" | "list">;
  readonly adoption: Pick<Adoption, "adopt" | "mayTry" | "failed" | "failing" | "forgive" | "bundle" | "generation">;
  readonly program: Pick<AgentProgram, "prepare" | "take" | "hasFailed" | "isOnProbation" | "forgive">;
  /** Versions of what parses bundles here. */
  readonly software: () => Promise<string>;
  readonly instance: () => Promise<string>;
  /** The node is about to end: it stays as it is. */
  readonly leaving: () => boolean;
  /** Ends the process, so that it is started again with other settings, or as another agent. */
  readonly restart: (reason: string) => void;
  readonly log: Log;
  /** Milliseconds; default: a clock that only goes forward. */
  readonly now?: () => number;
}

/**
 * While a peer answers wrongly with a bundle the others wait so long before they try it themselves, twice as long for
 * each further peer: one sick node must not hold up a PoP, and a bad bundle must not reach all of it in an hour. Seconds.
 */
const HARM_PATIENCE = 600;

/** Follows the pointer: adopts the bundle that it names, at this node's own time, unless another node has refused it. */
export class Configuration {
  private waiting: { readonly sha256: string; readonly since: number } | undefined;
  private haltedBy: string | undefined;
  private agentFailureIsCounted = false;

  constructor(private readonly options: ConfigurationOptions) {}

  /** Why the bundle of the pointer waits though this node has not refused it; undefined when nothing halts. */
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
    if (!(await adoption.mayTry(named.sha256))) {
      return;
    }
    const isAgain = adoption.failing?.sha256 === named.sha256;
    if (adoption.bundle !== undefined) {
      if (leaving() || !(isAgain || (await this.isTime(named, adoption.bundle)))) {
        return;
      }
    }
    if (isAgain) {
      // It may be the agent that has failed.
      program.forgive();
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
      // That the store is away says nothing of the bundle.
      if (error instanceof OtherContent) {
        this.options.adoption.failed(named.sha256, error);
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
      if (!this.agentFailureIsCounted) {
        this.agentFailureIsCounted = true;
        adoption.failed(sha256, new Harmful(AGENT_FAILED));
      }
      if (!(await adoption.mayTry(sha256))) {
        return;
      }
      program.forgive();
    } else if (!program.isOnProbation) {
      adoption.forgive();
      program.forgive();
    }
    this.agentFailureIsCounted = false;
    await program.prepare(bundle.agent, AGENT_FILES.bundle);
    if (program.take(bundle.agent)) {
      restart("another agent");
    }
  }

  private async isTime({ sha256 }: Artifact, { settings }: Bundle): Promise<boolean> {
    const { store, instance, software, log, now = () => performance.now() } = this.options;
    if (this.waiting?.sha256 !== sha256) {
      this.waiting = { sha256, since: now() };
      this.haltedBy = undefined;
    }
    const id = await instance();
    const waited = (now() - this.waiting.since) / 1000 - shareOf(id, sha256) * settings.timing.adoptionWindow;
    if (waited < 0) {
      return false;
    }
    const peers = await readPeers(store, id);
    const own = await software();
    const refusals = peers.flatMap(({ instance: peer, configuration: { rejected } }) =>
      rejected?.sha256 === sha256 && rejected.software === own ? [`${peer} has rejected it: ${rejected.reason}`] : [],
    );
    const harm = peers.flatMap(({ instance: peer, configuration: { failing } }) =>
      failing?.sha256 === sha256 && failing.harmful ? [`${peer} has turned it back: ${failing.reason}`] : [],
    );
    const halts = refusals[0] ?? (waited < HARM_PATIENCE * 2 ** (harm.length - 1) ? harm[0] : undefined);
    if (halts !== undefined && halts !== this.haltedBy) {
      log.error("adoption halted", { sha256, reason: halts });
    }
    this.haltedBy = halts;
    return halts === undefined;
  }
}

/** Where in the window a node adopts a bundle, from 0 to 1: the same at each look, another for each node and bundle. */
export function shareOf(instance: string, sha256: string): number {
  return createHash("sha256").update(`${instance} ${sha256}`).digest().readUInt32BE() / 2 ** 32;
}
