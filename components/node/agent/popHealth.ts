import { drainedText, drainSwitchSchema } from "../protocol/drainSwitch";
import { STORE_KEYS } from "../protocol/storeKeys";
import type { SignOfLife } from "./signOfLife";
import type { Store, StoredObject } from "./store";
import type { Switches } from "./switches";

export interface PopHealthOptions {
  readonly store: Pick<Store, "getUnless">;
  readonly switches: Switches;
  readonly sign: SignOfLife;
  /** Seconds since the node last knew that there was no newer purge. */
  readonly lagSeconds: () => number;
}

/**
 * What the agent tells HAProxy of PoP health, for Route 53: the drain switch of the store, and when purges were last
 * read. Whether that is too long ago HAProxy finds itself, since it must find it without an agent, too.
 */
export class PopHealth {
  private etag: string | undefined;
  private drained: string | undefined;

  constructor(private readonly options: PopHealthOptions) {
    // Until the store has answered, what a former agent knew counts.
    this.drained = options.switches.reason("pop");
  }

  /** One look at the drain switch and at the lag. Throws when the store is away; what was last known stays. */
  async look(): Promise<void> {
    const { store, switches, sign, lagSeconds } = this.options;
    const [answer] = await Promise.allSettled([store.getUnless(STORE_KEYS.drain, this.etag)]);
    if (answer.status === "fulfilled" && answer.value !== "unchanged") {
      this.etag = answer.value?.etag;
      this.drained = answer.value === undefined ? undefined : reasonIn(answer.value);
    }
    await sign.give(lagSeconds());
    await switches.set("pop", this.drained);
    if (answer.status === "rejected") {
      throw answer.reason;
    }
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
