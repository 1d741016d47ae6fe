import { setTimeout as sleep } from "node:timers/promises";
import type { Terminal } from "../../terminal/confirm";
import type { LogObject, LogReader } from "./bucket";
import { listed, requests, type Taken } from "./fetch";
import type { Filter, LogLine } from "./line";
import { requestText } from "./text";
import { hoursOf } from "./window";

/** Seconds between two looks for what has arrived; nodes send every five minutes. */
const FOLLOW = 10;

/** How far back hours are looked at again, ms: a node that could not reach S3 sends what it has kept when it can. */
const LATE = 86_400_000;

/** Lines that are put in order and shown at once: as many as are in memory. */
const AT_ONCE = 10_000;

export interface FollowOptions {
  readonly readers: ReadonlyMap<string, LogReader>;
  /** From when on; there is no end. */
  readonly filter: Filter;
  /** Asks whether so much is to be fetched: of the window up to now, which alone can be much. Throws when it is not. */
  readonly agree: (objects: readonly LogObject[]) => Promise<void>;
  readonly terminal: Pick<Terminal, "out" | "style">;
  /** Is told after each look what could not be read. */
  readonly end: (taken: Taken) => void;
  /** Milliseconds since 1970; default: the machine's clock. */
  readonly now?: () => number;
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

/** Shows what has arrived of the window, hour by hour, and from then on what arrives; ends with the process. */
export async function follow(options: FollowOptions): Promise<never> {
  const { readers, filter, agree, terminal, end, now = Date.now, pause = sleep } = options;
  const seen = new Set<string>();
  const { from } = filter.window;
  for (let isFirst = true; ; isFirst = false) {
    const window = { from, to: now() };
    const since = isFirst ? from : Math.max(from, window.to - LATE);
    const { objects, unread } = await listed(readers, hoursOf({ from: since, to: window.to }));
    const fresh = objects.filter((object) => !seen.has(nameOf(object)));
    fresh.forEach((object) => seen.add(nameOf(object)));
    if (isFirst) {
      await agree(fresh);
    }
    const takens: Taken[] = [];
    for (const some of byHour(fresh)) {
      takens.push(await show(readers, some, { ...filter, window }, terminal));
    }
    end({
      unread: [...unread, ...takens.flatMap((taken) => taken.unread)],
      broken: takens.reduce((sum, { broken }) => sum + broken, 0),
    });
    await pause(FOLLOW * 1000);
  }
}

async function show(
  readers: ReadonlyMap<string, LogReader>,
  objects: readonly LogObject[],
  filter: Filter,
  terminal: FollowOptions["terminal"],
): Promise<Taken> {
  const lines: LogLine[] = [];
  const write = (): void => {
    lines.sort((a, b) => (a.time < b.time ? -1 : 1));
    terminal.out(
      lines
        .splice(0)
        .map((line) => requestText(line, terminal.style))
        .join(""),
    );
  };
  const taken = await requests(readers, objects, filter, { say: () => undefined }, (line) => {
    lines.push(line);
    if (lines.length === AT_ONCE) {
      write();
    }
  });
  write();
  return taken;
}

/** What is sent again under a name, with more in it, is another. */
function nameOf({ region, key, size }: LogObject): string {
  return `${region} ${key} ${String(size)}`;
}

/** Those of each hour, oldest first. */
function byHour(objects: readonly LogObject[]): readonly (readonly LogObject[])[] {
  const hours = new Map<string, LogObject[]>();
  for (const object of objects) {
    const hour = object.key.split("/").slice(0, 3).join("/");
    hours.set(hour, [...(hours.get(hour) ?? []), object]);
  }
  return [...hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, some]) => some);
}
