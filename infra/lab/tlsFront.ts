import * as net from "node:net";
import * as tls from "node:tls";
import type { Certificates } from "./certificates";
import { fronting, join, type Front } from "./machine/bridge";

/** Ends TLS for whatever name is asked for, and hands connections on to a port of the loopback interface. */
export function tlsFront(certificates: Certificates, to: number): Promise<Front> {
  return fronting(
    tls.createServer(
      {
        SNICallback: (name, done) => {
          certificates.of(name).then(
            (pem) => {
              done(null, tls.createSecureContext({ cert: pem, key: pem }));
            },
            (error: unknown) => {
              done(error instanceof Error ? error : new Error(String(error)));
            },
          );
        },
      },
      (client) => {
        join(client, net.connect(to, "127.0.0.1"));
      },
    ),
  );
}
