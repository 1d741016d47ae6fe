import type { NodeOptions } from "../options";

/**
 * One JSON object a request. Of the URL the path alone, since queries carry tokens and addresses; no Authorization, no
 * cookies. Timings in ms, -1 where a request did not get that far. HAProxy does the escaping.
 */
export function accessLog({ region }: NodeOptions): string {
  const items: readonly (readonly [string, string])[] = [
    ["time", `[request_date(us),us_utime("%Y-%m-%dT%H:%M:%S.%NZ")]`],
    ["pop", `[str(${region})]`],
    ["site", "[var(txn.host)]"],
    ["client", "ci"],
    ["request_id", "ID"],
    ["protocol", "[var(txn.protocol)]"],
    ["method", "[var(txn.method)]"],
    ["path", "[var(txn.path)]"],
    ["status", "ST"],
    ["bytes", "B"],
    ["cache", "[var(txn.cache)]"],
    // Until the request was whole; in the queue; until the cache's first byte; until its last; all of it.
    ["ms_request", "TR"],
    ["ms_queue", "Tw"],
    ["ms_first_byte", "Tr"],
    ["ms_transfer", "Td"],
    ["ms_total", "Ta"],
    // Who ended it, and at what (HAProxy's documentation, "Session state at disconnection").
    ["end", "ts"],
  ];
  const format = items.map(([name, value]) => `%(${name})${value}`).join(" ");
  return `    log stdout format raw local0 info
    unique-id-format %[uuid()]
    log-format "%{+json}o ${format.replaceAll('"', '\\"')}"`;
}
