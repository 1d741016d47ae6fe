import { drainedText, drainSwitchSchema } from "../protocol/drainSwitch";
import { STORE_KEYS } from "../protocol/storeKeys";
import type { Store, StoredObject } from "./store";
import type { Switches } from "./switches";

export interface PopHealthOptions {
  readonly store: Pick<Store, "getUnless">;
  readonly switches: Switches;
  /** Seconds since the node last knew that there was no newer purge. */
  readonly lagSeconds: () => number;
  /** Seconds of lag above which the PoP may serve content staler than promised. */
  readonly maxStaleness: () => number;
}

/** PoP health, for Route 53: turned by the drain switch of the store, or by purges that cannot be read. */
export class PopHealth {
  private etag: string | undefined;
  private drained: string | undefined;

  constructor(private readonly options: PopHealthOptions) {
    // Until the store has answered, what a former agent knew counts.
    this.drained = options.switches.reason("pop");
  }

  /** Why the PoP answers 503; undefined when it does not. */
  get problem(): string | undefined {
    return this.options.switches.reason("pop");
  }

  /** One look at the drain switch and at the lag. Throws when the store is away; what was last known stays. */
  async look(): Promise<void> {
    const { store, switches } = this.options;
    const [answer] = await Promise.allSettled([store.getUnless(STORE_KEYS.drain, this.etag)]);
    if (answer.status === "fulfilled" && answer.value !== "unchanged") {
      this.etag = answer.value?.etag;
      this.drained = answer.value === undefined ? undefined : reasonIn(answer.value);
    }
    await switches.set("pop", this.drained ?? this.staleness());
    if (answer.status === "rejected") {
      throw answer.reason;
    }
  }

  private staleness(): string | undefined {
    const most = this.options.maxStaleness();
    return this.options.lagSeconds() > most ? `no purge could be read for ${String(most)} s` : undefined;
  }
}

/** Whatever the object holds, that it is there drains the PoP. */
function reasonIn({ content }: StoredObject): string {
  try {
    return drainedText(drainSwitchSchema.parse(JSON.parse(content.toString())));
  } catch {
    return drainedText(undefined);
  }
}
