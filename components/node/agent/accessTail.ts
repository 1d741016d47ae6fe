import { renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { accessFiles, textUpTo } from "./accessFiles";
import { readIfThere } from "./durableFile";
import { totalsSchema, type Totals } from "./totals";

const placeSchema = z.object({ file: z.string(), offset: z.int().min(0) });

/** How much of the access log has been read. */
export type Place = z.output<typeof placeSchema>;

/** Bytes of text that one look reads at most: a node that was busy catches up at the next. */
const AT_ONCE = 32_000_000;

const END_OF_LINE = 10;

const keptSchema = placeSchema.extend({ totals: totalsSchema.optional() });

/** What was added to the access log since the last look, line by line. */
export class AccessTail {
  private at: Place | undefined;
  /** What programs had counted at that place, as an agent before this one has kept it. */
  readonly totals: Totals | undefined;

  /** @param placeFile where the place outlives the agent, but not a boot */
  constructor(
    private readonly folder: string,
    private readonly placeFile: string,
  ) {
    const before = kept(placeFile);
    this.at = before === undefined ? undefined : { file: before.file, offset: before.offset };
    this.totals = before?.totals;
  }

  /** Where it is; undefined before the first look at a log. */
  get place(): Place | undefined {
    return this.at;
  }

  /**
   * One look. The first one on a machine begins at the end of what is there, which nobody can say that another agent has
   * not counted; where there is nothing yet, with the first line that comes.
   *
   * @throws Error when a file cannot be read; what it had before that is not read again
   */
  async read(take: (line: string) => void): Promise<void> {
    const files = accessFiles(this.folder);
    if (this.at === undefined) {
      const { name, size } = files.at(-1) ?? { name: "", size: 0 };
      this.at = { file: name, offset: size };
      // Nothing of what the machine's programs count was published.
      this.keep(this.at, {});
    }
    const begin = this.at;
    let room = AT_ONCE;
    for (const file of files.filter(({ name }) => name >= begin.file)) {
      let offset = file.name === begin.file ? begin.offset : 0;
      this.at = { file: file.name, offset };
      if (file.size > offset) {
        for await (const { lines, bytes } of wholeLines(textUpTo(file, offset, file !== files.at(-1)))) {
          lines.forEach(take);
          offset += bytes;
          this.at = { file: file.name, offset };
          room -= bytes;
          if (room <= 0) {
            return;
          }
        }
      }
    }
  }

  /** Has another agent begin there, and with these totals. */
  keep(place: Place | undefined, totals: Totals): void {
    if (place !== undefined) {
      writeFileSync(`${this.placeFile}.new`, JSON.stringify({ ...place, totals }));
      renameSync(`${this.placeFile}.new`, this.placeFile);
    }
  }
}

async function* wholeLines(
  text: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly lines: readonly string[]; readonly bytes: number }> {
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of text) {
    const joined = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const end = joined.lastIndexOf(END_OF_LINE) + 1;
    carry = joined.subarray(end);
    if (end > 0) {
      yield { lines: joined.toString("utf8", 0, end - 1).split("\n"), bytes: end };
    }
  }
}

function kept(file: string): z.output<typeof keptSchema> | undefined {
  try {
    return keptSchema.safeParse(JSON.parse(readIfThere(file) ?? "")).data;
  } catch {
    return undefined;
  }
}
