import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AGENT_FILES } from "../agentFiles";
import { STAGED, type AgentSettings, type Bundle } from "../protocol/bundleFormat";
import { parseBundle, sha256Of, Unfit, unfitIfItFails } from "./artifacts";
import { mustRun, type Run } from "./commands";
import { readIfThere, writeDurably } from "./durableFile";
import { HaproxyAway, type HaproxyRuntime } from "./haproxy";
import { Journal, type JournalEntries } from "./journal";
import { reasonOf, type Log } from "./log";
import { placeFiles, stageFiles } from "./placing";
import { WrongAnswer } from "./selfTest";
import { UnitChanges } from "./unitChanges";

export interface AdoptionOptions {
  readonly run: Run;
  readonly haproxy: Pick<HaproxyRuntime, "say" | "reload">;
  /** Throws what does not work while the node runs on such settings. */
  readonly selfTest: (settings: AgentSettings) => Promise<void>;
  readonly log: Log;
  /** Folder that stands for /; default: none. */
  readonly root?: string;
}

/** The agent is ended by accident now and then, but hardly twice in the same seconds of an adoption. */
const INTERRUPTIONS = 2;

/**
 * So long the former HAProxy may still take a connection after a reload, and answer by its own rules. Clients get wrong
 * answers meanwhile, so it is not longer.
 */
const WRONG_SECONDS = 2;

/**
 * So many times the patience a first bundle gets: programs start, on a machine that starts itself, and there is nobody yet
 * whom the wait could hurt. What is rejected too early halts the other nodes.
 */
const FIRST_TIMES = 8;

/** Between two tries of what may fail while a program is just being started again, ms. */
const PAUSE_MS = 250;

/**
 * Takes up bundles: checks one beside the one that runs, puts its files in place, has HAProxy and Varnish load them
 * without a restart, and asks itself whether it still serves. What fails is turned back.
 */
export class Adoption {
  private readonly journal: Journal;
  private readonly units: UnitChanges;
  private held: { readonly bundle: Bundle; readonly sha256: string } | undefined;

  constructor(private readonly options: AdoptionOptions) {
    this.journal = new Journal(this.at(AGENT_FILES.journal));
    this.units = new UnitChanges(options.run);
    this.held = this.readAdopted();
  }

  /** The bundle that the node runs; undefined before the first. */
  get bundle(): Bundle | undefined {
    return this.held?.bundle;
  }

  /** SHA-256 of the bundle that the node runs. */
  get generation(): string | null {
    return this.held?.sha256 ?? null;
  }

  get rejected(): JournalEntries["rejected"] {
    return this.journal.entries.rejected;
  }

  /** Puts back what an adoption has left half-done when the agent was ended. To be called first, once. */
  async recover(): Promise<void> {
    const { placing, interrupted } = this.journal.entries;
    if (placing === null) {
      return;
    }
    const { log } = this.options;
    const times = interrupted?.sha256 === placing ? interrupted.times + 1 : 1;
    log.warn("the agent was ended while it adopted a bundle", { sha256: placing, times });
    if (this.held !== undefined) {
      await this.putBack(this.held.bundle, this.readPlacing());
    }
    this.journal.note({ placing: null, interrupted: { sha256: placing, times } });
    if (times >= INTERRUPTIONS && this.held !== undefined) {
      this.reject(placing, `the agent was ended ${times} times while it adopted the bundle`);
    }
  }

  /**
   * Adopts a bundle, or leaves everything as it was.
   *
   * @param prepare what else has to be there before the first file is placed, given the bundle and a file that holds it
   * @throws Unfit when the fault is the bundle's: it is rejected; Error for any other, such as a full disk
   */
  async adopt(sha256: string, text: string, prepare: (bundle: Bundle, file: string) => Promise<void>): Promise<Bundle> {
    const { log } = this.options;
    try {
      const bundle = parseBundle(text);
      await this.check(bundle);
      writeDurably(this.at(AGENT_FILES.placing), text, 0o600);
      await prepare(bundle, this.at(AGENT_FILES.placing));
      await this.place(sha256, text, bundle);
      log.info("bundle adopted", { sha256 });
      return bundle;
    } catch (error) {
      if (error instanceof Unfit) {
        this.reject(sha256, error.message);
      }
      throw error;
    }
  }

  /** Notes that the node must not take a bundle. */
  reject(sha256: string, reason: string): void {
    this.options.log.error("bundle rejected", { sha256, reason });
    this.journal.note({ rejected: { sha256, reason, at: new Date().toISOString() } });
  }

  /** Forgets what was rejected, or interrupted: nobody wants it any more. */
  forgive(): void {
    const { rejected, interrupted } = this.journal.entries;
    if (rejected !== null || interrupted !== null) {
      this.journal.note({ rejected: null, interrupted: null });
    }
  }

  private async check({ files, checks }: Bundle): Promise<void> {
    const staged = this.at(AGENT_FILES.staged);
    stageFiles(staged, files);
    try {
      for (const command of checks) {
        await unfitIfItFails(() =>
          mustRun(
            this.options.run,
            command.map((word) => word.replaceAll(STAGED, staged)),
          ),
        );
      }
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  }

  private async place(sha256: string, text: string, bundle: Bundle): Promise<void> {
    const former = this.held?.bundle;
    this.journal.note({ placing: sha256 });
    try {
      placeFiles(this.options.root ?? "", bundle.files, former?.files ?? {});
      await this.load(bundle, former);
      await unfitIfItFails(() =>
        this.patiently(patienceFor(bundle, former), () => this.options.selfTest(bundle.settings)),
      );
      writeDurably(this.at(AGENT_FILES.bundle), text, 0o600);
    } catch (error) {
      if (former !== undefined) {
        this.options.log.warn("turning a bundle back", { sha256, reason: reasonOf(error) });
        await this.putBack(former, bundle);
      }
      this.journal.note({ placing: null });
      throw error;
    }
    this.held = { bundle, sha256 };
    this.journal.note({ placing: null, interrupted: null, rejected: null });
  }

  /** Has systemd, Varnish and HAProxy take up the files as they are now. */
  private async load(bundle: Bundle, former: Bundle | undefined): Promise<void> {
    // At the first adoption nothing runs, unless the agent was ended in the middle of it.
    const running = former !== undefined || (await this.haproxyRuns());
    await unfitIfItFails(() => this.units.apply(bundle, former));
    if (running) {
      await unfitIfItFails(() => this.patiently(patienceFor(bundle, former), () => this.reload(bundle)));
    }
  }

  private async reload({ reload }: Bundle): Promise<void> {
    // Varnish first, so that it knows a new site before HAProxy sends requests for it.
    for (const command of reload) {
      await mustRun(this.options.run, command);
    }
    try {
      await this.options.haproxy.reload();
    } catch (error) {
      if (!(error instanceof HaproxyAway)) {
        throw error;
      }
      // It reads the files when it starts; the self-test says whether it does.
      this.options.log.warn("HAProxy is not there to be reloaded", { reason: reasonOf(error) });
    }
  }

  /** Best effort: whatever of it fails, the rest is tried, and the programs read the former files at their next start. */
  private async putBack(former: Bundle, other: Bundle | undefined): Promise<void> {
    const steps: readonly (() => Promise<void> | void)[] = [
      () => (other === undefined ? undefined : this.units.withdraw(other, former)),
      () => {
        placeFiles(this.options.root ?? "", former.files, other?.files ?? {});
      },
      () => this.load(former, other ?? former),
      // What required a unit that was withdrawn was stopped with it.
      () => this.units.start(former),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        this.options.log.error("the former bundle cannot be put back as it was", { reason: reasonOf(error) });
      }
    }
  }

  private async haproxyRuns(): Promise<boolean> {
    try {
      await this.options.haproxy.say("show version");
      return true;
    } catch {
      return false;
    }
  }

  /** Tries until it succeeds, is sure to fail, or so many seconds are over; then throws what it threw last. */
  private async patiently(seconds: number, attempt: () => Promise<void>): Promise<void> {
    const begin = performance.now();
    for (;;) {
      try {
        await attempt();
        return;
      } catch (error) {
        const patience = error instanceof WrongAnswer ? Math.min(WRONG_SECONDS, seconds) : seconds;
        if (performance.now() + PAUSE_MS > begin + patience * 1000) {
          throw error;
        }
      }
      await sleep(PAUSE_MS);
    }
  }

  private readAdopted(): { readonly bundle: Bundle; readonly sha256: string } | undefined {
    const text = readIfThere(this.at(AGENT_FILES.bundle));
    try {
      return text === undefined ? undefined : { bundle: parseBundle(text), sha256: sha256Of(text) };
    } catch (error) {
      this.options.log.error("the adopted bundle cannot be read", { reason: reasonOf(error) });
      return undefined;
    }
  }

  private readPlacing(): Bundle | undefined {
    try {
      return parseBundle(readIfThere(this.at(AGENT_FILES.placing)) ?? "");
    } catch {
      return undefined;
    }
  }

  private at(path: string): string {
    return join(this.options.root ?? "", path);
  }
}

/** Seconds for a bundle to work in. */
function patienceFor({ settings }: Bundle, former: Bundle | undefined): number {
  return settings.timing.selfTestPatience * (former === undefined ? FIRST_TIMES : 1);
}
