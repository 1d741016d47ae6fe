import * as http from "node:http";
import * as net from "node:net";
import { clientHeader } from "../proxied";

/** An answer that takes longer has failed. */
const PATIENCE_MS = 60_000;

/** Whom a request comes from where it does not matter. */
export const SOMEBODY = "198.51.100.7";

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Address of the client, IPv4. */
  readonly client?: string;
  /** Called when the head of the answer is there. */
  readonly onHead?: () => void;
}

export interface Answer {
  readonly status: number;
  /** By name in lower case; several fields of one name are joined. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Bytes of the body, one character each. */
  readonly body: string;
  /** Whether the body came to its end. */
  readonly isWhole: boolean;
}

/** One HTTP/1.1 request, on a connection of its own, by the load balancer. */
export function ask(port: number, host: string, target: string, options: Ask = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body, client = SOMEBODY, onHead } = options;
  return send(
    {
      createConnection: () => {
        // Without a delay, or the request would wait for the header's acknowledgement.
        const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
        socket.write(clientHeader(client));
        return socket;
      },
      method,
      path: target,
      headers: {
        host,
        ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
        ...headers,
      },
    },
    body,
    onHead,
  );
}

/** One request to a unix socket. */
export function askSocket(
  socketPath: string,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  return send({ socketPath, method, path: target, headers, agent: false });
}

function send(options: http.RequestOptions, body?: string, onHead?: () => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ ...options, timeout: PATIENCE_MS });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
    request.on("error", reject);
    request.on("response", (response) => {
      onHead?.();
      const parts: Buffer[] = [];
      response.on("data", (data: Buffer) => parts.push(data));
      // A body that is cut off is a result, not a failure of the client.
      response.on("error", () => undefined);
      response.on("close", () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
          body: Buffer.concat(parts).toString("latin1"),
          isWhole: response.complete,
        });
      });
    });
    request.end(body);
  });
}
