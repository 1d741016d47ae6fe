import type { LiveEvent } from "../page/live/state";
import { appended, type Happening } from "../page/live/timeline";

/** What happens in the lab, for whoever wants to hear it, and the last of it to be read. */
export class Happenings {
  private kept: readonly LiveEvent[] = [];
  private readonly listeners = new Set<(event: Happening) => void>();

  get events(): readonly LiveEvent[] {
    return this.kept;
  }

  /** @returns what ends it */
  listen(listener: (event: Happening) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  add(kind: LiveEvent["kind"], region: string | null, text: string, by: LiveEvent["by"] = "footprint"): void {
    const event = { kind, by, region, text };
    this.kept = appended(this.kept, new Date().toISOString(), [event]);
    this.listeners.forEach((listener) => {
      listener(event);
    });
  }
}
