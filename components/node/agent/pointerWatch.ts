import { parsePointer, type Pointer } from "../protocol/pointer";
import type { Store } from "./store";

/** The pointer object, as it was last seen. What is no pointer changes nothing. */
export class PointerWatch {
  private etag: string | undefined;
  private seen: Pointer | undefined;

  constructor(
    private readonly store: Pick<Store, "getUnless">,
    private readonly key: string,
  ) {}

  /** Undefined until it was read for the first time. */
  get pointer(): Pointer | undefined {
    return this.seen;
  }

  /** One look. Throws when the store is away, or what it holds is no pointer. */
  async look(): Promise<void> {
    const found = await this.store.getUnless(this.key, this.etag);
    if (found === "unchanged") {
      return;
    }
    if (found === undefined) {
      throw new Error(`there is no ${this.key} in the store`);
    }
    this.seen = parsePointer(found.content.toString());
    this.etag = found.etag;
  }
}
