import { createWriteStream, mkdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { awsReason } from "../../terminal/awsReason";
import type { Terminal } from "../../terminal/confirm";
import type { LogObject, LogReader } from "./bucket";
import { requestOf, type Filter, type LogLine } from "./line";
import { bytesText } from "./text";

/** What could not be read. */
export interface Unread {
  readonly region: string;
  readonly reason: string;
}

/** Objects or lists that are fetched at once. */
const AT_ONCE = 8;

/** Every object of the hours, and what could not be listed: a PoP that is away does not hide the others. */
export async function listed(
  readers: ReadonlyMap<string, LogReader>,
  hours: readonly string[],
): Promise<{ readonly objects: readonly LogObject[]; readonly unread: readonly Unread[] }> {
  const objects: LogObject[] = [];
  const unread = new Map<string, string>();
  const lists = [...readers].flatMap(([region, reader]) => hours.map((hour) => ({ region, reader, hour })));
  await each(lists, async ({ region, reader, hour }) => {
    // A PoP that is away is asked once.
    if (!unread.has(region)) {
      await reader.objects(hour).then(
        (found) => objects.push(...found),
        (error: unknown) => unread.set(region, awsReason(error)),
      );
    }
  });
  return { objects, unread: [...unread].map(([region, reason]) => ({ region, reason })) };
}

/** What has been taken of objects. */
export interface Taken {
  readonly unread: readonly Unread[];
  /** Lines that are none. */
  readonly broken: number;
}

/** Reads every wanted request of the objects, in no order. Says how far it is where that takes long. */
export async function requests(
  readers: ReadonlyMap<string, LogReader>,
  objects: readonly LogObject[],
  filter: Filter,
  terminal: Pick<Terminal, "say">,
  take: (line: LogLine) => void,
): Promise<Taken> {
  const unread: Unread[] = [];
  let broken = 0;
  const progress = progressOf(objects, terminal);
  await each(objects, async (object) => {
    try {
      for await (const texts of readers.get(object.region)?.lines(object) ?? []) {
        const lines = texts.map((text) => requestOf(text, filter));
        broken += lines.filter((line) => line === null).length;
        lines.filter((line) => line !== null && line !== undefined).forEach(take);
      }
    } catch (error) {
      unread.push({ region: object.region, reason: `${object.key}: ${awsReason(error)}` });
    }
    progress(object.size);
  });
  return { unread, broken };
}

/** A log object on this machine. */
export interface LogFile {
  readonly object: LogObject;
  readonly file: string;
}

/** Puts the objects into a folder as they are, by region and under their own keys. What is there is not fetched again. */
export async function saved(
  readers: ReadonlyMap<string, LogReader>,
  objects: readonly LogObject[],
  folder: string,
  terminal: Pick<Terminal, "say">,
): Promise<{ readonly files: readonly LogFile[]; readonly unread: readonly Unread[] }> {
  const files: LogFile[] = [];
  const unread: Unread[] = [];
  const progress = progressOf(objects, terminal);
  await each(objects, async (object) => {
    try {
      const file = fileOf(folder, object);
      const reader = readers.get(object.region);
      if (reader !== undefined && !isThere(file, object)) {
        mkdirSync(path.dirname(file), { recursive: true });
        await pipeline(await reader.content(object), createWriteStream(file));
      }
      files.push({ object, file });
    } catch (error) {
      unread.push({ region: object.region, reason: `${object.key}: ${awsReason(error)}` });
    }
    progress(object.size);
  });
  return { files, unread };
}

function fileOf(folder: string, { region, key }: LogObject): string {
  return path.join(folder, `pop=${region}`, ...key.split("/").slice(1));
}

/** A piece of a log is written once, or again with the same content. */
function isThere(file: string, { size }: LogObject): boolean {
  return statSync(file, { throwIfNoEntry: false })?.size === size;
}

/** What is still to be fetched into a folder. */
export function absent(objects: readonly LogObject[], folder: string): readonly LogObject[] {
  return objects.filter((object) => !isThere(fileOf(folder, object), object));
}

/** Below this nobody waits. */
const LONG = 20_000_000;

function progressOf(objects: readonly LogObject[], terminal: Pick<Terminal, "say">): (bytes: number) => void {
  const all = objects.reduce((sum, { size }) => sum + size, 0);
  let [done, said] = [0, 0];
  return (bytes) => {
    done += bytes;
    const tenth = Math.floor((10 * done) / Math.max(1, all));
    if (all > LONG && tenth > said) {
      said = tenth;
      terminal.say(`${String(10 * tenth)} % of ${bytesText(all)}`);
    }
  };
}

async function each<T>(all: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      await run(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
