import type { ClientRequest } from "node:http";
import { BlockList, isIP, isIPv6, type Socket } from "node:net";
import { connect } from "node:tls";
import { HttpsProxyAgent } from "https-proxy-agent";
import { exitCodes } from "./exitCodes";
import { UserError } from "./userError";

type Environment = Readonly<Record<string, string | undefined>>;
type ConnectOptions = Parameters<HttpsProxyAgent<string>["connect"]>[1];

/**
 * For the request handler of the AWS SDK's clients: the proxy that the environment names, with the meaning that Pulumi
 * gives it (Go's golang.org/x/net/http/httpproxy). Empty without HTTPS_PROXY.
 *
 * @throws UserError when HTTPS_PROXY is no URL of an HTTP proxy
 */
export function proxyOptions(environment: Environment = process.env): {
  readonly httpsAgent?: HttpsProxyAgent<string>;
} {
  const given = oneOf(environment, "HTTPS_PROXY");
  return given === "" ? {} : { httpsAgent: new EnvironmentProxy(given, oneOf(environment, "NO_PROXY")) };
}

/** The upper-case name wins, as in Go. */
function oneOf(environment: Environment, name: string): string {
  return (
    [environment[name], environment[name.toLowerCase()]].find((value) => value !== undefined && value !== "") ?? ""
  );
}

class EnvironmentProxy extends HttpsProxyAgent<string> {
  constructor(
    given: string,
    private readonly noProxy: string,
  ) {
    super(proxyUrl(given), { keepAlive: true });
  }

  override connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const host = options.host ?? "localhost";
    return options.secureEndpoint && goesDirect(host, options.port, this.noProxy)
      ? Promise.resolve(connect(options))
      : super.connect(request, options);
  }
}

function proxyUrl(given: string): URL {
  // "A complete URL or a host[:port], in which case the http scheme is assumed."
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    // A password may stand in it.
    throw new UserError(
      "HTTPS_PROXY: must be the URL of an HTTP proxy, such as http://proxy.example.com:3128",
      exitCodes.usage,
    );
  }
  return url;
}

/** Does a host go past the proxy? Loopback always does, and what NO_PROXY lists: names, addresses, blocks, `*`. */
export function goesDirect(host: string, port: number, noProxy: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  if (name === "localhost" || LOOPBACK.check(name, isIPv6(name) ? "ipv6" : "ipv4")) {
    return true;
  }
  return noProxy
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && covers(entry, name, port));
}

function covers(entry: string, name: string, port: number): boolean {
  if (entry === "*") {
    return true;
  }
  if (/^[0-9a-f.:]+\/\d+$/.test(entry)) {
    return isIP(name) !== 0 && inBlock(entry, name);
  }
  const [, bare = entry, only] = isIPv6(entry) ? [] : (/^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(entry) ?? []);
  if (only !== undefined && Number(only) !== port) {
    return false;
  }
  if (isIP(bare) !== 0 || isIP(name) !== 0) {
    return bare === name;
  }
  // A name stands for itself and what is below it; with a dot in front (or `*.`) for what is below it alone.
  const below = bare.replace(/^\*/, "");
  return below.startsWith(".") ? name.endsWith(below) : name === below || name.endsWith(`.${below}`);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

function inBlock(entry: string, address: string): boolean {
  const [network = "", prefix = ""] = entry.split("/");
  const family = (text: string) => (isIPv6(text) ? "ipv6" : "ipv4");
  const list = new BlockList();
  try {
    list.addSubnet(network, Number(prefix), family(network));
  } catch {
    // No block: it covers nothing.
    return false;
  }
  return list.check(address, family(address));
}
