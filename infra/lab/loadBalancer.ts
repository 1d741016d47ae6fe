import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { UserError } from "../terminal/userError";
import { join } from "./machine/bridge";
import { proxyHeader } from "./proxyHeader";
import type { Target, TargetGroup } from "./targetGroup";

/** A listener as the program declares it. */
export interface ListenerSettings {
  readonly port: number;
  readonly tls: boolean;
  readonly group: () => TargetGroup | undefined;
}

/** Where a load balancer is reached in one zone. */
export interface ZoneAddress {
  readonly zone: string;
  /** Of this machine's loopback interface. */
  readonly address: string;
}

export interface LoadBalancerSettings {
  readonly name: string;
  readonly zones: readonly ZoneAddress[];
  readonly crossZone: () => boolean;
  /** The certificate and key of a name (PEM); for none, or an unknown one, those of the default certificate. */
  readonly certificate: (name: string | undefined) => string;
  /** Told of bytes that a target has sent. */
  readonly onSent: (target: string, bytes: number) => void;
}

/** What HTTP2Preferred offers, in its order. */
const ALPN = ["h2", "http/1.1"];

/** The load balancer's own; a node that holds connections for longer shows here, too. */
const IDLE_MS = 350_000;

/**
 * A Network Load Balancer: ends TLS and hands connections on to healthy targets of the zone at whose address they came,
 * or of all zones, behind a PROXY protocol v2 header. Where no target is healthy it takes any (fail open), as AWS does.
 */
export class LabLoadBalancer {
  private readonly listeners = new Map<number, ListenerSettings>();
  /** By address and port. */
  private readonly servers = new Map<string, net.Server>();
  private readonly open = new Set<net.Socket>();
  private readonly contexts = new Map<string, tls.SecureContext>();

  constructor(private readonly settings: LoadBalancerSettings) {}

  get zones(): readonly ZoneAddress[] {
    return this.settings.zones;
  }

  /** Zones in which it takes connections that go somewhere: those whose address AWS's DNS gives. */
  healthyZones(group: TargetGroup): readonly ZoneAddress[] {
    const healthy = new Set(
      group.targets.filter(({ state }) => state === "healthy").map(({ backend }) => backend.zone),
    );
    return this.zones.filter(({ zone }) => (this.settings.crossZone() ? healthy.size > 0 : healthy.has(zone)));
  }

  /** @throws UserError when something else listens there */
  async listen(listener: ListenerSettings): Promise<void> {
    this.listeners.set(listener.port, listener);
    await Promise.all(this.zones.map((zone) => this.listenIn(zone, listener)));
  }

  close(port: number): void {
    this.listeners.delete(port);
    for (const { address } of this.zones) {
      this.servers.get(`${address} ${port}`)?.close();
    }
  }

  stop(): void {
    for (const port of [...this.listeners.keys()]) {
      this.close(port);
    }
    this.open.forEach((socket) => socket.destroy());
  }

  /**
   * It is gone in this moment, or its address in a zone is, as when the power fails.
   *
   * @returns what brings it back
   */
  cutPower(zone?: string): () => Promise<void> {
    const gone = this.zones.filter((each) => zone === undefined || each.zone === zone);
    const listeners = [...this.listeners.values()];
    const servers = gone.flatMap(({ address }) => listeners.map(({ port }) => this.servers.get(`${address} ${port}`)));
    servers.forEach((server) => server?.close());
    for (const socket of this.open) {
      if (gone.some(({ address }) => address === socket.localAddress)) {
        socket.destroy();
      }
    }
    return async () => {
      await Promise.all(
        [...this.listeners.values()].flatMap((listener) => gone.map((each) => this.listenIn(each, listener))),
      );
    };
  }

  private async listenIn({ zone, address }: ZoneAddress, listener: ListenerSettings): Promise<void> {
    const key = `${address} ${listener.port}`;
    // What was cut twice is brought back twice.
    if (this.servers.get(key)?.listening === true) {
      return;
    }
    const server = this.server(listener, zone);
    server.listen(listener.port, address);
    try {
      await once(server, "listening");
    } catch (error) {
      throw new UserError(
        `${address}:${String(listener.port)} must be free for the load balancer ${this.settings.name}: ${String(error)}`,
      );
    }
    server.on("error", () => undefined);
    this.servers.set(key, server);
  }

  private server(listener: ListenerSettings, zone: string): net.Server {
    const take = (socket: net.Socket): void => {
      this.forward(socket, listener.group(), zone);
    };
    const server = listener.tls
      ? tls.createServer(
          {
            ...this.keyOf(undefined),
            ALPNProtocols: ALPN,
            // Of every policy that a stack may choose.
            minVersion: "TLSv1.2",
            SNICallback: (name, done) => {
              done(null, this.context(name));
            },
          },
          take,
        )
      : net.createServer(take);
    server.on("connection", (socket: net.Socket) => {
      this.open.add(socket);
      socket.on("close", () => this.open.delete(socket));
      // Whoever resets before TLS is through.
      socket.on("error", () => socket.destroy());
    });
    return server;
  }

  private context(name: string): tls.SecureContext {
    const key = this.keyOf(name);
    const context = this.contexts.get(key.cert) ?? tls.createSecureContext(key);
    this.contexts.set(key.cert, context);
    return context;
  }

  private keyOf(name: string | undefined) {
    const pem = this.settings.certificate(name);
    return { cert: pem, key: pem };
  }

  private forward(client: net.Socket, group: TargetGroup | undefined, zone: string): void {
    const target = group === undefined ? undefined : this.choose(group.targets, zone);
    if (group === undefined || target === undefined) {
      client.destroy();
      return;
    }
    const node = target.backend.connect(group.settings.port);
    if (group.settings.proxyProtocol) {
      node.write(proxyHeader(client));
    }
    node.on("data", (data) => {
      this.settings.onSent(target.backend.id, data.length);
    });
    join(client, node);
    client.on("close", () => node.end());
    node.on("close", () => client.end());
    client.setTimeout(IDLE_MS, () => client.destroy());
  }

  private choose(targets: readonly Target[], zone: string): Target | undefined {
    const registered = targets.filter(({ state }) => state !== "draining");
    const near = registered.filter(({ backend }) => this.settings.crossZone() || backend.zone === zone);
    const healthy = near.filter(({ state }) => state === "healthy");
    const able = healthy.length > 0 ? healthy : near;
    return able[Math.floor(Math.random() * able.length)];
  }
}
