import { EVENTS_KEPT, type LiveEvent } from "../page/live/state";

/** What happens in the lab, for whoever wants to hear it, and the last of it to be read. */
export class Happenings {
  private readonly kept: LiveEvent[] = [];
  private readonly listeners = new Set<(event: LiveEvent) => void>();
  private count = 0;

  get events(): readonly LiveEvent[] {
    return this.kept;
  }

  /** @returns what ends it */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  add(kind: LiveEvent["kind"], region: string | null, text: string, by: LiveEvent["by"] = "footprint"): void {
    const event: LiveEvent = { number: ++this.count, at: new Date().toISOString(), kind, by, region, text };
    this.kept.push(event);
    this.kept.splice(0, this.kept.length - EVENTS_KEPT);
    this.listeners.forEach((listener) => {
      listener(event);
    });
  }
}
