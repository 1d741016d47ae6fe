import type { NodeReport } from "../protocol/nodeReport";
import { nodeKey } from "../protocol/storeKeys";
import type { Store } from "./store";

export interface ReporterOptions {
  readonly store: Pick<Store, "put">;
  readonly instance: () => Promise<string>;
  /** Unique id of the instance's role. */
  readonly role: string;
  readonly region: string;
  /** What there is to say now. */
  readonly look: () => Omit<NodeReport, "instance" | "region" | "at">;
  /** Seconds between two reports that say the same. */
  readonly interval: () => number;
  /** Milliseconds since 1970; default: the machine's clock. */
  readonly now?: () => number;
}

/** Writes what the node says of itself into the store. */
export class Reporter {
  private written: { readonly at: number; readonly news: string } | undefined;

  constructor(private readonly options: ReporterOptions) {}

  /** Writes a report when something is new, or the last one is old. */
  async tell(): Promise<void> {
    const { store, instance, role, region, look, interval, now = Date.now } = this.options;
    const id = await instance();
    const said = look();
    const at = now();
    const news = newsOf(said);
    // However the clock was set meanwhile.
    if (this.written?.news === news && Math.abs(at - this.written.at) < interval() * 1000) {
      return;
    }
    const report: NodeReport = { instance: id, region, at: new Date(at).toISOString(), ...said };
    await store.put(nodeKey(role, id), JSON.stringify(report));
    this.written = { at, news };
  }
}

/** That nothing newer was found a second later is no news, nor that clients ask, nor that a minute was published. */
function newsOf({
  purge: { caughtUpAt: _, ...purge },
  logs,
  metrics,
  ...rest
}: ReturnType<ReporterOptions["look"]>): string {
  return JSON.stringify({
    ...rest,
    purge,
    logs: { lost: logs?.lost, failing: logs?.failing },
    metrics: { lost: metrics?.lost, failing: metrics?.failing },
  });
}
