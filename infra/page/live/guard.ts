import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Header in which the page sends its token. */
const TOKEN_HEADER = "footprint-token";

/** A status and what stands with it, in words. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Why a request is not answered; undefined when it is.
 *
 * The server listens on loopback alone, but every page that a browser on this machine shows can send requests there. A
 * name of its own that leads to 127.0.0.1 (DNS rebinding) is told by Host; a request from another page by Origin and
 * Sec-Fetch-Site, which no script can set (Fetch, "forbidden request-header"). What changes something needs the token
 * too, which only this page holds: other pages can send, but not read.
 *
 * @param hosts values of Host under which the page is served
 */
export function refusal(
  { method = "", url = "", headers }: Pick<IncomingMessage, "method" | "url" | "headers">,
  hosts: readonly string[],
  token: string,
): Answer | undefined {
  const { host, origin, "sec-fetch-site": site } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    return { status: 421, text: `Host: must be ${hosts.join(" or ")}, got ${quoted(host)}` };
  }
  const own = `http://${host.toLowerCase()}`;
  if (origin !== undefined && origin !== own) {
    return { status: 403, text: `Origin: must be ${own}, got ${quoted(origin)}` };
  }
  // A link elsewhere may lead to the page, and nothing but a link: what the page shows, no other may include.
  const isLink = url === "/" && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isLink) {
    return { status: 403, text: `Sec-Fetch-Site: must be same-origin, got ${quoted(site)}` };
  }
  if (method !== "POST") {
    return undefined;
  }
  if (origin === undefined) {
    return { status: 403, text: `Origin: must be ${own}, got none` };
  }
  return isToken(headers[TOKEN_HEADER], token)
    ? undefined
    : { status: 403, text: "Footprint-Token: must be that of the page; load it again" };
}

function isToken(given: string | readonly string[] | undefined, token: string): boolean {
  const [a, b] = [Buffer.from(String(given)), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function quoted(value: string | readonly string[] | undefined): string {
  return value === undefined ? "none" : JSON.stringify(value);
}
