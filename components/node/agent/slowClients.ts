import { renameSync, writeFileSync } from "node:fs";
import { AGENT_FILES } from "../agentFiles";
import type { HaproxyRuntime } from "./haproxy";
import type { Log } from "./log";

/** Backends of HAProxy whose requests end: what is held may be silent. */
const BACKENDS = "(?:cache|past-cache)";

/** A request of a client, as HAProxy has it. */
export interface ClientStream {
  /** HAProxy's name for it. */
  readonly id: string;
  /** Where its connection comes from, as `ss` takes it. */
  readonly peer: string;
  /** Bytes of the request and of its answer that have come. */
  readonly moved: number;
  /** Whether it is the client who keeps it: the request is not whole, or the answer cannot be sent on. */
  readonly waits: boolean;
}

export interface Pace {
  /** Least bytes a second. */
  readonly bytes: number;
  /** Seconds for which a client may be slower. */
  readonly patience: number;
}

export interface SlowClientsOptions {
  readonly haproxy: Pick<HaproxyRuntime, "say">;
  readonly pace: Pace;
  readonly log: Log;
  /** Default: where the service that ends connections reads it. */
  readonly file?: string;
  /** Milliseconds, of a clock that never jumps. */
  readonly now?: () => number;
}

/** When a stream last kept pace, how much it had moved then, and whether it has been ended since. */
interface Mark {
  readonly at: number;
  readonly moved: number;
  readonly ended: boolean;
}

/**
 * Ends requests whose clients read or send slower than a least pace. HAProxy knows only how long nothing has moved, and a
 * byte a minute would keep a request, and with it a connection to an origin, for ever.
 */
export class SlowClients {
  private marks = new Map<string, Mark>();

  constructor(private readonly options: SlowClientsOptions) {}

  async look(): Promise<void> {
    const { haproxy, pace, log, file = AGENT_FILES.slowClients, now = () => performance.now() } = this.options;
    const streams = clientStreams(await haproxy.say(`show sess older ${String(pace.patience)}`));
    const at = now();
    const slow = streams.filter((stream) => !keepsPace(stream, this.marks.get(stream.id), at, pace));
    // HAProxy ends its own side of a request at once, but what it has read of the answer stays until the client takes it.
    const still = slow.filter(({ id }) => this.marks.get(id)?.ended === true);
    this.marks = new Map(streams.map((stream) => [stream.id, this.markOf(stream, slow.includes(stream), at, pace)]));
    for (const { id } of slow) {
      await haproxy.say(`shutdown session ${id}`);
    }
    if (still.length > 0) {
      writeFileSync(`${file}.new`, [...new Set(still.map(({ peer }) => peer))].map((peer) => `${peer}\n`).join(""));
      renameSync(`${file}.new`, file);
    }
    if (slow.length > 0) {
      log.info("requests of slow clients are ended", { count: slow.length });
    }
  }

  private markOf(stream: ClientStream, isSlow: boolean, at: number, pace: Pace): Mark {
    const former = this.marks.get(stream.id);
    return former === undefined || (!isSlow && isInTime(stream, former, at, pace))
      ? { at, moved: stream.moved, ended: false }
      : { ...former, ended: isSlow };
  }
}

function keepsPace(stream: ClientStream, mark: Mark | undefined, at: number, pace: Pace): boolean {
  return mark === undefined || isInTime(stream, mark, at, pace) || at - mark.at < pace.patience * 1000;
}

function isInTime({ moved, waits }: ClientStream, mark: Mark, at: number, { bytes }: Pace): boolean {
  // An id is an address, and so may be another stream's later: that has moved less.
  return !waits || moved < mark.moved || moved - mark.moved >= (bytes * (at - mark.at)) / 1000;
}

/** Reads `show sess older` of HAProxy 3.0, whose source (strm_dump_to_buffer) says what is what. */
export function clientStreams(dump: string): readonly ClientStream[] {
  return dump.split(/^(?=0x[0-9a-f]+: )/m).flatMap((text) => {
    const found = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
    const id = found(/^(0x[0-9a-f]+): /);
    const [address, port] = /^0x.* source=([0-9a-f.:]+):(\d+)$/m.exec(text)?.slice(1) ?? [];
    const state = found(/ req\.st=(\S+)/);
    // For how long HAProxy will still wait to send on to the client, where it does.
    const blocked = found(/^ *scf=.* wto=(\S+)$/m);
    const [request, answer] = [/^ *req=.* total=(\d+)\)$/m, /^ *res=.* total=(\d+)\)$/m].map((each) => found(each));
    if (
      id === undefined ||
      address === undefined ||
      state === undefined ||
      blocked === undefined ||
      request === undefined ||
      answer === undefined ||
      !new RegExp(`^ *frontend=traffic .*\\n *backend=${BACKENDS} `, "m").test(text)
    ) {
      return [];
    }
    const peer = address.includes(":") ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
    const waits = state !== "MSG_DONE" || blocked !== "<NEVER>";
    return [{ id, peer, moved: Number(request) + Number(answer), waits }];
  });
}
