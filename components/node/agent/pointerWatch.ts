import { AGENT_FILES } from "../agentFiles";
import { digestOf, openPointer, type Pointer } from "../protocol/pointer";
import { readIfThere, removeDurably, writeDurably } from "./durableFile";
import type { Store } from "./store";

/** The newest version of a parameter, and its value. */
export interface NewestParameter {
  readonly version: number;
  readonly value: string;
}

export interface PointerWatchOptions {
  readonly store: Pick<Store, "getUnless">;
  readonly key: string;
  readonly region: string;
  /** Public keys of the program. */
  readonly keys: readonly string[];
  /** Looks a parameter up; throws when it cannot be had. */
  readonly newest: (name: string) => Promise<NewestParameter>;
  /** Where the number of the newest pointer outlives a boot; default: its place on a node. */
  readonly file?: string;
}

/**
 * The pointer object, as it was last seen. What the program has not signed changes nothing, nor does an older pointer in
 * the place of a newer one: the number that was seen last is kept, and where it does not settle the matter (a new node,
 * an operator's way back) the serial's parameter does, which nobody can write who can only write to the store.
 */
export class PointerWatch {
  private etag: string | undefined;
  private seen: Pointer | undefined;
  private refusal: string | undefined;

  constructor(private readonly options: PointerWatchOptions) {}

  /** Undefined until it was read for the first time. */
  get pointer(): Pointer | undefined {
    return this.seen;
  }

  /** Why what the store holds is not followed; undefined when it is. */
  get refused(): string | undefined {
    return this.refusal;
  }

  /** One look. Throws when the store is away, or what it holds is no pointer to follow. */
  async look(): Promise<void> {
    const { store, key } = this.options;
    const found = await store.getUnless(key, this.etag);
    if (found === "unchanged") {
      return;
    }
    if (found === undefined) {
      throw new Error(`there is no ${key} in the store`);
    }
    this.seen = await this.opened(found.content.toString());
    this.etag = found.etag;
    this.refusal = undefined;
  }

  /** Forgets which pointer was the newest: the serial's parameter says it. */
  forget(): void {
    removeDurably(this.file);
    this.etag = undefined;
  }

  private async opened(text: string): Promise<Pointer> {
    const { keys, region, newest } = this.options;
    let pointer: Pointer;
    try {
      pointer = openPointer(keys, region, text);
    } catch (error) {
      throw this.refuse(error instanceof Error ? error.message : String(error));
    }
    const { name, version } = pointer.serial;
    const known = this.highest();
    if (known !== undefined && version >= known) {
      this.note(version, known);
      return pointer;
    }
    const last = await newest(name);
    const isLast = last.value === digestOf(pointer) && last.version >= (known ?? 0);
    // The parameter is written first: between the two, a new node waits for the pointer.
    if (!isLast) {
      throw this.refuse(
        `the pointer was turned back: it is number ${String(version)}, and ${String(Math.max(known ?? 0, last.version))} is the newest; the next \`up\` puts it right`,
      );
    }
    this.note(last.version, known);
    return pointer;
  }

  private refuse(reason: string): Error {
    this.refusal = reason;
    return new Error(reason);
  }

  private highest(): number | undefined {
    const text = readIfThere(this.file)?.trim() ?? "";
    return /^\d+$/.test(text) ? Number(text) : undefined;
  }

  private note(version: number, known: number | undefined): void {
    if (version !== known) {
      writeDurably(this.file, `${String(version)}\n`, 0o600);
    }
  }

  private get file(): string {
    return this.options.file ?? AGENT_FILES.serial;
  }
}
