import type { Target } from "../../components/node/protocol/purgeLog";
import type { DeployedPop, Deployment } from "./pops";

/** A PoP, and whether its log has taken what others depend on. */
export interface Published {
  readonly pop: DeployedPop;
  readonly taken: boolean;
}

/** The deployed PoPs from which others fetch what the targets name, sorted by region. */
export function shieldsOf({ pops, outputs }: Deployment, targets: readonly Target[]): readonly DeployedPop[] {
  const shields = Object.entries(outputs.shields ?? {})
    .filter(([host]) => targets.some((target) => target.kind === "all" || target.host === host))
    .map(([, region]) => region);
  return pops.filter(({ region }) => shields.includes(region));
}

/**
 * Publishes to shields before it publishes to those who fetch from them, so that an entry can say how far a shield has to
 * be. Where there are several, each fetches from the others, so each is published to a second time: then it, too, needs
 * the others to have the purge. A shield that cannot be published to keeps nobody else from being purged; what it has stored
 * then counts as old until a purge has reached it.
 *
 * @param publish publishes to one PoP, whose nodes fetch from others to which it was published, or could not be
 */
export function shieldsFirst<R extends { readonly taken: boolean; readonly entries: readonly number[] }>(
  shields: readonly DeployedPop[],
  publish: (pop: DeployedPop, before: readonly Published[]) => Promise<R>,
): (pop: DeployedPop) => Promise<R> {
  const published: Published[] = [];
  let open: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    open = resolve;
  });
  return async (pop) => {
    if (!shields.includes(pop)) {
      if (shields.length > 0) {
        await done;
      }
      return publish(pop, published);
    }
    const first = await publish(pop, []);
    published.push({ pop, taken: first.taken });
    if (published.length === shields.length) {
      open();
    }
    if (shields.length === 1 || !first.taken) {
      return first;
    }
    await done;
    const again = await publish(
      pop,
      published.filter((each) => each.pop !== pop),
    );
    return { ...again, entries: [...first.entries, ...again.entries] };
  };
}
