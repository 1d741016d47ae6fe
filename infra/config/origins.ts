import { isIP } from "node:net";
import type { Origin } from "../../components/node/site";
import { canonicalName, isHostName } from "./names";

/** What can be wrong with an origin's text, in the order in which it is looked at. */
export type OriginFault =
  | "origin-scheme"
  | "origin-credentials"
  | "origin-path"
  | "origin-query"
  | "origin-port"
  | "origin-address"
  | "origin-host";

/** Reads `https://host[:port]`; the first fault instead where the text is anything else. */
export function parseOrigin(text: string): Origin | OriginFault {
  const parts = /^(https?):\/\/([^/?#]*)([^?#]*)(.*)$/s.exec(text);
  if (parts === null) {
    return "origin-scheme";
  }
  const [, scheme, authority = "", path, query] = parts;
  if (authority.includes("@")) {
    return "origin-credentials";
  }
  if (query !== "") {
    return "origin-query";
  }
  if (path !== "") {
    return "origin-path";
  }
  const [, host = "", portText] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority) ?? [];
  const port = portText === undefined ? (scheme === "https" ? 443 : 80) : Number(portText);
  if ((portText !== undefined && !/^[1-9]\d{0,4}$/.test(portText)) || port > 65_535) {
    return "origin-port";
  }
  if (host.startsWith("[") || isIP(canonicalName(host)) !== 0) {
    return "origin-address";
  }
  if (!isHostName(host)) {
    return "origin-host";
  }
  return { scheme: scheme === "https" ? "https" : "http", host, port };
}

/** The origins of a site as the file gives them: one, or several in failover order. */
export function originTexts(origin: string | readonly string[]): readonly string[] {
  return typeof origin === "string" ? [origin] : origin;
}

/** An origin in the one form that is compared. */
export function formatOrigin(origin: Origin): string {
  return `${origin.scheme}://${origin.host}:${String(origin.port)}`;
}
