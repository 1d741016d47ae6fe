import { certificateFor, type Authority } from "../edge/authority";
import type { PrivateRoot } from "../edge/privateRoot";

/** Certificates of this machine's own authority, each with its chain and its key (PEM), made when they are first asked for. */
export class Certificates {
  private readonly made = new Map<string, Promise<string>>();
  private last: Promise<unknown> = Promise.resolve();

  /** @param tools a root that has openssl */
  constructor(
    private readonly tools: PrivateRoot,
    readonly authority: Authority,
  ) {}

  of(...names: readonly string[]): Promise<string> {
    const key = names.join(" ");
    const known = this.made.get(key);
    if (known !== undefined) {
      return known;
    }
    // One after the other: they use the same files.
    const made = this.last.then(() => certificateFor(this.tools, this.authority, names));
    this.made.set(key, made);
    this.last = made.catch(() => undefined);
    return made;
  }
}
