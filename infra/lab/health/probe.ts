import { request } from "node:https";
import { timeLimit } from "../timeLimit";
import type { HealthCheck } from "../names/declared";

/** What came of one request of a checker. */
export interface Probe {
  readonly ok: boolean;
  /** Such as "HTTP 503" or "connection refused". */
  readonly detail: string;
}

/** "Route 53 must be able to establish a TCP connection with the endpoint within four seconds", ms. */
const CONNECT_WITHIN = 4000;
/** "In addition, the endpoint must respond [...] within two seconds after connecting", ms. */
const ANSWER_WITHIN = 2000;

type Endpoint = Pick<HealthCheck, "fqdn" | "port" | "path" | "sni">;

/**
 * One HTTPS request as a checker of Route 53 makes it: a status of 2xx or 3xx is success, the certificate is not looked
 * at, TLS is at most 1.2, and each request has a connection of its own.
 */
export function probe({ fqdn, port, path, sni }: Endpoint, address: string): Promise<Probe> {
  return new Promise((resolve) => {
    const finish = (result: Probe): void => {
      stopConnecting();
      stopAnswering();
      outgoing.destroy();
      resolve(result);
    };
    const outgoing = request({
      host: address,
      port,
      path,
      agent: false,
      headers: { Host: fqdn, "User-Agent": "Amazon-Route53-Health-Check-Service (footprint lab)" },
      servername: sni ? fqdn : "",
      rejectUnauthorized: false,
      maxVersion: "TLSv1.2",
    });
    let stopAnswering = (): void => undefined;
    const stopConnecting = timeLimit(CONNECT_WITHIN, () => {
      finish({ ok: false, detail: `no connection within ${CONNECT_WITHIN / 1000} s` });
    });
    outgoing.once("socket", (socket) =>
      socket.once("connect", () => {
        stopConnecting();
        stopAnswering = timeLimit(ANSWER_WITHIN, () => {
          finish({ ok: false, detail: `no answer within ${ANSWER_WITHIN / 1000} s of the connection` });
        });
      }),
    );
    outgoing.once("response", ({ statusCode = 0 }) => {
      finish({ ok: statusCode >= 200 && statusCode < 400, detail: `HTTP ${statusCode}` });
    });
    outgoing.on("error", (error) => {
      finish({ ok: false, detail: error.message });
    });
    outgoing.end();
  });
}
