import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AGENT_FILES } from "../agentFiles";
import { HAPROXY, STAGED, VARNISH } from "../processes";
import type { AgentSettings, Bundle } from "../protocol/bundleFormat";
import { AGENT_TIMING } from "../timing";
import { Harmful, parseBundle, sha256Of, Unfit } from "./artifacts";
import { endOf, mustRun, type Run } from "./commands";
import { readIfThere, writeDurably } from "./durableFile";
import { HaproxyAway, type HaproxyRuntime } from "./haproxy";
import { Journal, type JournalEntries } from "./journal";
import { reasonOf, type Log } from "./log";
import { placeFiles, stageFiles } from "./placing";
import { WrongAnswer } from "./selfTest";
import { UnitChanges } from "./unitChanges";
import { isVerdict } from "./verdict";

export interface AdoptionOptions {
  readonly run: Run;
  readonly haproxy: Pick<HaproxyRuntime, "say" | "reload">;
  /** Throws what does not work while the node runs on such settings. */
  readonly selfTest: (settings: AgentSettings) => Promise<void>;
  /** Versions of what parses bundles: a verdict of others counts no more. */
  readonly software: () => Promise<string>;
  readonly log: Log;
  /** Folder that stands for /; default: none. */
  readonly root?: string;
  /** Seconds on a clock that only goes forward. */
  readonly now?: () => number;
}

/** So many times the pause until a bundle is tried again that has done harm. */
const HARMFUL_TIMES = 8;

/** A new node has nobody yet whom a try could hurt, and its group waits for it: a minute is the longest pause. */
const FIRST_LONGEST = 60;

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
 * without a restart, and asks itself whether it still serves. What fails is turned back, and tried again after a pause
 * that grows: only what a parser says of a text is final. A machine that is short of memory, or drowns in requests when a
 * bundle comes, must not refuse for good what would help it.
 */
export class Adoption {
  private readonly journal: Journal;
  private readonly units: UnitChanges;
  private held: { readonly bundle: Bundle; readonly sha256: string } | undefined;
  /** When the failing bundle was tried last; of a former agent, when this one began. */
  private triedAt: number;

  constructor(private readonly options: AdoptionOptions) {
    this.triedAt = this.now();
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

  get failing(): JournalEntries["failing"] {
    return this.journal.entries.failing;
  }

  /** Whether a bundle may be tried now: no verdict on it holds, and the pause after its last failure is over. */
  async mayTry(sha256: string): Promise<boolean> {
    const { rejected, failing } = this;
    if (rejected?.sha256 === sha256 && rejected.software === (await this.options.software())) {
      return false;
    }
    return failing?.sha256 !== sha256 || this.now() - this.triedAt >= this.pauseAfter(failing);
  }

  /** Puts back what an adoption has left half-done when the agent was ended. To be called first, once. */
  async recover(): Promise<void> {
    const { placing } = this.journal.entries;
    if (placing === null) {
      return;
    }
    if (this.held !== undefined) {
      await this.putBack(this.held.bundle, this.readPlacing());
    }
    this.journal.note({ placing: null });
    this.failed(placing, new Error("the agent was ended while it adopted the bundle"));
  }

  /**
   * Adopts a bundle, or leaves everything as it was.
   *
   * @param prepare what else has to be there before the first file is placed, given the bundle and a file that holds it
   * @throws Unfit when a parser refuses the bundle: it is rejected; Error for anything else: it will be tried again
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
        await this.reject(sha256, error.message);
      } else {
        this.failed(sha256, error);
      }
      throw error;
    }
  }

  /** Notes that a bundle could not be adopted this time. */
  failed(sha256: string, error: unknown): void {
    const { failing } = this;
    const times = failing?.sha256 === sha256 ? failing.times + 1 : 1;
    const reason = error instanceof Error ? error.message : String(error);
    this.options.log.warn("bundle not adopted, and tried again later", { sha256, times, reason });
    const at = new Date().toISOString();
    this.journal.note({ failing: { sha256, reason, at, times, harmful: error instanceof Harmful } });
    this.triedAt = this.now();
  }

  /** Forgets verdicts and failures: nobody wants that bundle any more, or somebody has mended the cause. */
  forgive(): void {
    const { rejected, failing } = this;
    if (rejected !== null || failing !== null) {
      this.journal.note({ rejected: null, failing: null });
    }
  }

  private async reject(sha256: string, reason: string): Promise<void> {
    const software = await this.options.software();
    this.options.log.error("bundle rejected", { sha256, reason, software });
    this.journal.note({ rejected: { sha256, reason, at: new Date().toISOString(), software }, failing: null });
  }

  private async check({ files }: Bundle): Promise<void> {
    const staged = this.at(AGENT_FILES.staged);
    stageFiles(staged, files);
    try {
      for (const [program, { check }] of [["haproxy", HAPROXY] as const, ["varnish", VARNISH] as const]) {
        const command = check.map((word) => word.replaceAll(STAGED, staged));
        const ended = await this.options.run(command);
        if (ended.status !== 0) {
          throw new (isVerdict(program, ended) ? Unfit : Error)(endOf(command, ended));
        }
      }
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  }

  private async place(sha256: string, text: string, bundle: Bundle): Promise<void> {
    const former = this.held?.bundle;
    const wasSilent = former !== undefined && (await this.isSilent(former));
    this.journal.note({ placing: sha256 });
    try {
      placeFiles(this.options.root ?? "", bundle.files, former?.files ?? {});
      await this.load(bundle, former);
      await this.proved(bundle, former, wasSilent);
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
    this.journal.note({ placing: null, failing: null, rejected: null });
  }

  /** Whether the node, as it is, does not answer itself: it drowns in requests, or a program of it is ill. */
  private async isSilent({ settings }: Bundle): Promise<boolean> {
    try {
      await this.options.selfTest(settings);
      return false;
    } catch (error) {
      return !(error instanceof WrongAnswer);
    }
  }

  /**
   * Tests the bundle in use.
   *
   * @param wasSilent the node did not answer before, either: then its silence says nothing of the bundle, which may be
   * what it needs
   */
  private async proved(bundle: Bundle, former: Bundle | undefined, wasSilent: boolean): Promise<void> {
    try {
      await this.patiently(patienceFor(bundle, former), () => this.options.selfTest(bundle.settings));
    } catch (error) {
      if (error instanceof WrongAnswer) {
        throw new Harmful(error.message);
      }
      if (!wasSilent) {
        throw error;
      }
      this.options.log.warn("the node answers itself no better with the bundle than before; it is kept", {
        reason: reasonOf(error),
      });
    }
  }

  /** Has systemd, Varnish and HAProxy take up the files as they are now. */
  private async load(bundle: Bundle, former: Bundle | undefined): Promise<void> {
    // At the first adoption nothing runs, unless the agent was ended in the middle of it.
    const running = former !== undefined || (await this.haproxyRuns());
    await this.units.apply(bundle, former);
    if (running) {
      await this.patiently(patienceFor(bundle, former), () => this.reload());
    }
  }

  private async reload(): Promise<void> {
    // Varnish first, so that it knows a new site before HAProxy sends requests for it.
    // By systemd, in whose network of its own Varnish is told to.
    await mustRun(this.options.run, ["systemctl", "--quiet", "reload", `${VARNISH.unit}.service`]);
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

  /** Seconds. */
  private pauseAfter({ times, harmful }: NonNullable<JournalEntries["failing"]>): number {
    const { retryPause, retryLongest } = this.held?.bundle.settings.timing ?? AGENT_TIMING;
    const longest = this.held === undefined ? FIRST_LONGEST : retryLongest;
    return Math.min(longest, retryPause * (harmful ? HARMFUL_TIMES : 1) * 2 ** (times - 1));
  }

  private now(): number {
    return this.options.now?.() ?? performance.now() / 1000;
  }

  private at(path: string): string {
    return join(this.options.root ?? "", path);
  }
}

/** Seconds for a bundle to work in. */
function patienceFor({ settings }: Bundle, former: Bundle | undefined): number {
  return settings.timing.selfTestPatience * (former === undefined ? FIRST_TIMES : 1);
}
