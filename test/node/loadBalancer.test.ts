import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as tls from "node:tls";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { RunningLoadBalancer } from "../../infra/edge/loadBalancer";
import { freePorts } from "../../infra/edge/ports";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";

const SIGNATURE = "0d0a0d0a000d0a515549540a";
/** Signature, version and command, family, length. */
const FIXED_BYTES = 16;

/** A node that answers a connection with its own name, what the PROXY header says of the connection, and the payload. */
async function mirror(name: string): Promise<net.Server> {
  const server = net.createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("data", (data) => {
      received = Buffer.concat([received, data]);
      const end = received.length < FIXED_BYTES ? Infinity : FIXED_BYTES + received.readUInt16BE(FIXED_BYTES - 2);
      if (received.length > end) {
        const fixed = received.subarray(0, FIXED_BYTES - 2).toString("hex");
        const addresses = received.subarray(FIXED_BYTES, FIXED_BYTES + 12).toString("hex");
        socket.end(`${name} ${fixed} ${addresses} ${received.subarray(end).toString()}`);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}

async function answer(socket: net.Socket): Promise<string> {
  const parts: Buffer[] = [];
  socket.write("hello");
  socket.on("data", (data) => parts.push(data));
  await once(socket, "close");
  return Buffer.concat(parts).toString();
}

/** The header for a connection over IPv4 from this port of the loopback interface to that one. */
function header(from: number, to: number): string {
  const hex = (port: number) => port.toString(16).padStart(4, "0");
  return `${SIGNATURE}2111 7f0000017f000001${hex(from)}${hex(to)}`;
}

describeWith([DEBIAN], "the emulated load balancer", () => {
  let scratch: string;
  let traffic: net.Server;
  let redirect: net.Server;
  let balancer: RunningLoadBalancer;
  let ports: { https: number; http: number };
  const connect = async (options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> => {
    const ca = fs.readFileSync(balancer.authorityFile);
    const socket = tls.connect({
      host: "127.0.0.1",
      port: ports.https,
      servername: "cdn.example.com",
      ca,
      ALPNProtocols: ["http/1.1", "h2"],
      ...options,
    });
    await once(socket, "secureConnect");
    return socket;
  };

  beforeAll(async () => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-balancer-"));
    [traffic, redirect] = [await mirror("traffic"), await mirror("redirect")];
    const [https = 0, http = 0] = await freePorts(2);
    ports = { https, http };
    balancer = await RunningLoadBalancer.start({
      root: debianRootFolder(),
      node: { ports: { traffic: portOf(traffic), redirect: portOf(redirect) } },
      hosts: ["cdn.example.com", "localhost"],
      ports,
      authorityFolder: path.join(scratch, "ca"),
    });
  });

  afterAll(async () => {
    await balancer.stop();
    traffic.close();
    redirect.close();
    fs.rmSync(scratch, { recursive: true });
  });

  test("ends TLS and sends the client's address in a PROXY header of version 2", async () => {
    const socket = await connect();
    const from = socket.localPort ?? 0;

    expect(await answer(socket)).toBe(`traffic ${header(from, ports.https)} hello`);
  });

  test("does so in clear text on the port that stands for 80", async () => {
    const socket = net.connect(ports.http, "127.0.0.1");
    await once(socket, "connect");
    const from = socket.localPort ?? 0;

    expect(await answer(socket)).toBe(`redirect ${header(from, ports.http)} hello`);
  });

  test.each([
    [["http/1.1", "h2"], "h2"],
    [["http/1.1"], "http/1.1"],
  ])("chooses of %j %s", async (offered, chosen) => {
    const socket = await connect({ ALPNProtocols: offered });
    socket.destroy();

    expect(socket.alpnProtocol).toBe(chosen);
  });

  test("has a certificate for each host, and for no other", async () => {
    (await connect({ servername: "localhost" })).destroy();

    await expect(connect({ servername: "other.example.com" })).rejects.toThrow(
      /^Hostname\/IP does not match certificate's altnames: Host: other\.example\.com\. is not in the cert's altnames: /,
    );
  });

  test("rejects TLS 1.1", async () => {
    await expect(
      connect({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
    ).rejects.toThrow(/alert protocol version/);
  });

  test("keeps its authority, with a key that only its owner reads", async () => {
    const [https = 0, http = 0] = await freePorts(2);
    const before = fs.readFileSync(balancer.authorityFile, "utf8");
    const again = await RunningLoadBalancer.start({
      root: debianRootFolder(),
      node: { ports: { traffic: portOf(traffic), redirect: portOf(redirect) } },
      hosts: ["cdn.example.com"],
      ports: { https, http },
      authorityFolder: path.join(scratch, "ca"),
    });
    await again.stop();

    expect(fs.readFileSync(again.authorityFile, "utf8")).toBe(before);
    expect(fs.statSync(path.join(scratch, "ca/ca.key")).mode & 0o077).toBe(0);
    expect(fs.readdirSync(scratch)).toEqual(["ca"]);
  });
});
