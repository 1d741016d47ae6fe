import { isIPv4 } from "node:net";
import type { Origin } from "../../components/node/site";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";

/**
 * Reads the address of an origin on or near this machine: other than a stack's, it may be an IPv4 address or a name of
 * one label.
 *
 * @throws UserError for anything but http:// or https://, a host and perhaps a port
 */
export function localOrigin(text: string): Origin {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const { protocol, hostname = "", port, pathname, search, hash, username, password } = url ?? {};
  const more = `${search ?? ""}${hash ?? ""}${username ?? ""}${password ?? ""}`;
  const scheme = protocol === "https:" ? "https" : "http";
  const isHost = isIPv4(hostname) || /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(hostname);
  if (
    !["http:", "https:"].includes(protocol ?? "") ||
    !isHost ||
    pathname !== "/" ||
    text.endsWith("/") ||
    more !== ""
  ) {
    throw new UserError(
      `--origin: must be http://host[:port] or https://host[:port] without a path, such as http://127.0.0.1:8000, got "${text}"`,
      exitCodes.usage,
    );
  }
  return {
    scheme,
    // HAProxy asks DNS for names, which does not know this one.
    host: hostname === "localhost" ? "127.0.0.1" : hostname,
    port: port === "" || port === undefined ? (scheme === "https" ? 443 : 80) : Number(port),
  };
}
