import { z } from "zod";
import { AGENT_FILES } from "../agentFiles";
import { nodeReportSchema } from "../protocol/nodeReport";
import { readIfThere, writeDurably } from "./durableFile";

const { rejected, failing } = nodeReportSchema.shape.configuration.shape;

const journalSchema = z.object({
  /** SHA-256 of the bundle that is being put in place: the node may have the files of either. */
  placing: z.string().nullable(),
  rejected,
  failing,
});

export type JournalEntries = z.output<typeof journalSchema>;

const EMPTY: JournalEntries = { placing: null, rejected: null, failing: null };

/** What the agent must know of an adoption after it was ended in the middle of one. */
export class Journal {
  private held: JournalEntries;

  constructor(private readonly file: string = AGENT_FILES.journal) {
    this.held = journalSchema.safeParse(json(readIfThere(file) ?? "")).data ?? EMPTY;
  }

  get entries(): JournalEntries {
    return this.held;
  }

  /** On the disk when it returns. */
  note(changes: Partial<JournalEntries>): void {
    const next = { ...this.held, ...changes };
    writeDurably(this.file, `${JSON.stringify(next)}\n`, 0o600);
    this.held = next;
  }
}

/** A journal that cannot be read says nothing: the next adoption puts all files in place anyway. */
function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
