import { nodeReportSchema, REPORT_EXPIRES, type NodeReport } from "../protocol/nodeReport";
import { nodeKey, STORE_KEYS } from "../protocol/storeKeys";
import type { Store } from "./store";

/** Reports that are read at the same time. */
const AT_ONCE = 16;

/** What the other nodes of the PoP say of themselves, as far as they have said it lately. */
export async function readPeers(
  store: Pick<Store, "list" | "get">,
  instance: string,
  now: number = Date.now(),
): Promise<readonly NodeReport[]> {
  const keys = (await store.list(STORE_KEYS.nodes)).filter((key) => key !== nodeKey(instance));
  const reports: NodeReport[] = [];
  for (let i = 0; i < keys.length; i += AT_ONCE) {
    const found = await Promise.all(keys.slice(i, i + AT_ONCE).map((key) => store.get(key)));
    reports.push(...found.flatMap((object) => parsed(object?.content.toString()) ?? []));
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
