import { nodeReportSchema, REPORT_EXPIRES, type NodeReport } from "../protocol/nodeReport";
import { instanceOf, STORE_KEYS } from "../protocol/storeKeys";
import type { Store } from "./store";

/** Reports that are read at the same time. */
const AT_ONCE = 16;

/** What the other nodes of the PoP say of themselves, as far as they have said it lately. */
export async function readPeers(
  store: Pick<Store, "list" | "get">,
  instance: string,
  now: number = Date.now(),
): Promise<readonly NodeReport[]> {
  const peers = (await store.list(STORE_KEYS.nodes)).flatMap((key) => {
    const peer = instanceOf(key);
    return peer === undefined || peer === instance ? [] : [{ key, peer }];
  });
  const reports: NodeReport[] = [];
  for (let i = 0; i < peers.length; i += AT_ONCE) {
    const found = await Promise.all(
      peers.slice(i, i + AT_ONCE).map(async ({ key, peer }) => {
        const report = parsed((await store.get(key))?.content.toString());
        // A node speaks for itself alone.
        return report?.instance === peer ? [report] : [];
      }),
    );
    reports.push(...found.flat());
  }
  return reports.filter(({ at }) => now - Date.parse(at) < REPORT_EXPIRES * 1000);
}

/** A report of another version of the agent may not be understood: it says nothing. */
function parsed(text: string | undefined): NodeReport | undefined {
  try {
    return text === undefined ? undefined : nodeReportSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
