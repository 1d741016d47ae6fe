import { z } from "zod";
import { AGENT_FILES } from "../agentFiles";
import { ACCESS_LOG_FOLDER } from "../processes";
import { accessKey } from "../protocol/logKeys";
import type { NodeReport } from "../protocol/nodeReport";
import { accessFiles, FILE_BYTES, textUpTo, type AccessFile } from "./accessFiles";
import { readIfThere, writeDurably } from "./durableFile";
import { reasonOf } from "./log";
import { pack } from "./logPacking";
import type { LogStore } from "./logStore";
import { turns } from "./turns";

export interface AccessLogsOptions {
  readonly store: LogStore;
  /** The log bucket, once a pointer has named it. */
  readonly bucket: () => string | undefined;
  /** `userId` of the instance. */
  readonly node: () => Promise<string>;
  /** Seconds between two shipments. */
  readonly interval: () => number;
  /** Default: where HAProxy's lines are written. */
  readonly folder?: string;
  /** Default: its place on a node. */
  readonly stateFile?: string;
  /** Milliseconds since 1970; default: the machine's clock. */
  readonly now?: () => number;
}

/** Seconds until a shipment that has failed is tried again: packing costs processor time. */
const RETRY = 60;

const stateSchema = z.object({
  bucket: z.string().min(1),
  /** What comes next: a file, and how much of it has been sent. */
  file: z.string(),
  offset: z.int().min(0),
  shippedAt: z.iso.datetime().nullable(),
  lost: z.int().min(0),
});

type State = z.output<typeof stateSchema>;

/**
 * Ships the access log to the region's log bucket. The files on the disk are the buffer: HAProxy and who writes its
 * lines know nothing of it, and when S3 is away for so long that files go before they were sent, what is lost is
 * counted, in bytes. What has been sent is noted after it has arrived, so that a crash sends a piece again, under the
 * same key.
 */
export class AccessLogs {
  private state: State | undefined;
  /** Sizes of the files that were there at the last look. */
  private sizes = new Map<string, number>();
  private triedAt: number;
  private failing: string | undefined;
  private readonly inTurn = turns();
  /** Lines sent since the agent started. */
  lines = 0;

  constructor(private readonly options: AccessLogsOptions) {
    this.state = readState(this.stateFile);
    this.triedAt = this.now();
  }

  /** Of this agent, or of one before it. */
  get bucket(): string | undefined {
    return this.options.bucket() ?? this.state?.bucket;
  }

  get report(): NonNullable<NodeReport["logs"]> {
    const { state, failing } = this;
    return {
      shippedAt: state?.shippedAt ?? null,
      waiting: this.waiting,
      lost: state?.lost ?? 0,
      ...(failing === undefined ? {} : { failing }),
    };
  }

  /** One look (each second): sends what is due. Throws when that fails; it is tried again after a pause. */
  look(): Promise<void> {
    return this.inTurn(async () => {
      this.observe();
      const pause = this.failing === undefined ? this.options.interval() : Math.min(this.options.interval(), RETRY);
      // However the clock was set meanwhile.
      const isTime = Math.abs(this.now() - this.triedAt) >= pause * 1000;
      if (isTime || (this.failing === undefined && this.waiting >= FILE_BYTES)) {
        await this.ship();
      }
    });
  }

  /** Sends all that is there. Throws when that fails. */
  shipAll(): Promise<void> {
    return this.inTurn(() => this.ship());
  }

  private get stateFile(): string {
    return this.options.stateFile ?? AGENT_FILES.accessLog;
  }

  private get folder(): string {
    return this.options.folder ?? ACCESS_LOG_FOLDER;
  }

  private get waiting(): number {
    const { file = "", offset = 0 } = this.state ?? {};
    return [...this.sizes].reduce((sum, [name, size]) => {
      return sum + (name < file ? 0 : name === file ? Math.max(0, size - offset) : size);
    }, 0);
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }

  /** What is not there any more and was not sent is lost. */
  private observe(): readonly AccessFile[] {
    const files = accessFiles(this.folder);
    const sizes = new Map(files.map(({ name, size }) => [name, size]));
    const { state } = this;
    if (state !== undefined) {
      const gone = [...this.sizes].filter(([name]) => name >= state.file && !sizes.has(name));
      const lost = gone.reduce((sum, [name, size]) => sum + size - (name === state.file ? state.offset : 0), 0);
      if (lost > 0) {
        this.keep({ ...state, lost: state.lost + lost });
      }
    }
    this.sizes = sizes;
    return files;
  }

  private async ship(): Promise<void> {
    const { bucket } = this;
    this.triedAt = this.now();
    if (bucket === undefined) {
      return;
    }
    this.state ??= { bucket, file: "", offset: 0, shippedAt: null, lost: 0 };
    try {
      // What is written while this goes on is for the next time, or a busy node would never come to an end.
      let files = this.observe();
      const until = files.at(-1)?.name ?? "";
      while (await this.shipPiece(bucket, until, files)) {
        files = this.observe();
      }
      this.failing = undefined;
      this.keep({ ...this.state, bucket, shippedAt: new Date(this.now()).toISOString() });
    } catch (error) {
      this.failing = reasonOf(error);
      throw error;
    }
  }

  /** Sends one piece; false when there is nothing more to send. */
  private async shipPiece(bucket: string, until: string, files: readonly AccessFile[]): Promise<boolean> {
    const { state } = this;
    const file = files.find(({ name }) => name >= (state?.file ?? ""));
    if (state === undefined || file === undefined || file.name > until) {
      return false;
    }
    const offset = file.name === state.file ? state.offset : 0;
    const hour = new Date(this.now()).toISOString().slice(0, 13);
    const { byHour, bytes, lines, rest } = await pack(textUpTo(file, offset, file !== files.at(-1)), FILE_BYTES, hour);
    const node = await this.options.node();
    for (const [each, content] of byHour) {
      await this.options.store.put(bucket, accessKey({ hour: each, node, file: file.name, offset }), content);
    }
    this.lines += lines;
    const next = files[files.indexOf(file) + 1];
    const isDone = rest !== undefined && next !== undefined;
    this.keep({
      ...state,
      bucket,
      file: isDone ? next.name : file.name,
      offset: isDone ? 0 : offset + bytes,
      // Of a line that was broken off there will be no end.
      lost: state.lost + (isDone ? Math.max(0, file.size - offset - bytes) : 0),
    });
    return isDone || rest === undefined;
  }

  private keep(state: State): void {
    this.state = state;
    writeDurably(this.stateFile, JSON.stringify(state), 0o600);
  }
}

function readState(file: string): State | undefined {
  try {
    return stateSchema.safeParse(JSON.parse(readIfThere(file) ?? "")).data;
  } catch {
    return undefined;
  }
}
