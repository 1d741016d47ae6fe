import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { NodeFiles } from "../../components/node/nodeFiles";
import { HAPROXY_FILE } from "../../components/node/processes";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Rig } from "./origin/rig";
import { reply } from "./origin/scripted";
import { until } from "./origin/until";
import { clientHeader } from "./proxied";
import { listening, portOf } from "./wire/listening";

const TALKS = "talks.example.com";
/** Of one client, of the site, of all: a small node's. */
const BOUNDS = { HELD: 32, SITE_HELD: 8, CLIENT_HELD: 3 };

/** A second for what may not end a connection that is held. */
function impatient(files: NodeFiles): NodeFiles {
  const haproxy = files[HAPROXY_FILE] ?? "";
  return {
    ...files,
    [HAPROXY_FILE]: haproxy
      .replaceAll("timeout client 120s", "timeout client 1s")
      .replaceAll("timeout client 150s", "timeout client 1s")
      .replaceAll("timeout server 60s", "timeout server 1s")
      .replaceAll("timeout server 75s", "timeout server 1s"),
  };
}

/** Witnesses: the client and the server of the package ws, Node's of HTTP/2. */
describeWith([DEBIAN], "connections that a site may hold", () => {
  let origin: http.Server;
  let rig: Rig;
  let open: WebSocket[] = [];
  const asked: http.IncomingMessage[] = [];

  beforeAll(async () => {
    origin = http.createServer((request, response) => {
      asked.push(request);
      if (request.headers.accept === "text/event-stream") {
        response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
        response.write("data: first\n\n");
        setTimeout(() => response.write("data: second\n\n"), 2500);
        return;
      }
      response.end("plain");
    });
    new WebSocketServer({ server: origin }).on("connection", (socket, request) => {
      asked.push(request);
      socket.on("message", (data: Buffer) => {
        socket.send(`you said ${data.toString()}`);
      });
    });
    await listening(origin);
    const site = { origins: [{ scheme: "http" as const, host: "127.0.0.1", port: portOf(origin) }] };
    rig = await Rig.start({
      more: { [TALKS]: { ...site, websocket: true }, "silent.example.com": site },
      bounds: BOUNDS,
      edit: impatient,
    });
  });

  afterEach(async () => {
    open.forEach((socket) => {
      socket.terminate();
    });
    open = [];
    await until("their end", async () => (await held()) === 0);
  });

  afterAll(async () => {
    await rig.stop();
    origin.close();
    origin.closeAllConnections();
  });

  const held = async (): Promise<number> => {
    const csv = await rig.node.say("/run/haproxy/admin.sock", "show stat");
    return Number(
      csv
        .split("\n")
        .find((line) => line.startsWith("held,BACKEND,"))
        ?.split(",")[4],
    );
  };

  const connection = (client: string) => (): net.Socket => {
    const socket = net.connect(rig.node.ports.traffic, "127.0.0.1");
    socket.write(clientHeader(client));
    return socket;
  };

  const talk = (host: string, path: string, client = "198.51.100.7"): WebSocket => {
    const socket = new WebSocket(`ws://${host}${path}`, ["chat"], { createConnection: connection(client) });
    open.push(socket);
    return socket;
  };

  /** The status with which a WebSocket is refused, or 101. */
  const statusOf = async (socket: WebSocket): Promise<number | undefined> => {
    const refused = once(socket, "unexpected-response").then(([request, response]) => {
      (request as http.ClientRequest).destroy();
      return (response as http.IncomingMessage).statusCode;
    });
    const opened = once(socket, "open").then(() => 101);
    socket.on("error", () => undefined);
    return Promise.race([refused, opened]);
  };

  test("a WebSocket passes words both ways, and may be silent", async () => {
    const socket = talk(TALKS, "/chat?room=1");
    await once(socket, "open");
    for (const word of ["one", "two"]) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      socket.send(word);
      const [data] = (await once(socket, "message")) as [Buffer];
      expect(data.toString()).toBe(`you said ${word}`);
    }

    expect(socket.protocol).toBe("chat");
    const request = asked.at(-1);
    expect(request?.url).toBe("/chat?room=1");
    expect(request?.headers).toMatchObject({ "x-forwarded-for": "198.51.100.7", "cdn-loop": rig.popName });
    socket.close(1000, "done");
    await once(socket, "close");
    expect(await rig.logged("/chat")).toMatchObject({ status: 101, cache: "pass" });
  });

  test("the same over HTTP/2 (RFC 8441)", async () => {
    const session = http2.connect(`http://${TALKS}`, { createConnection: connection("198.51.100.8") });
    await once(session, "remoteSettings");
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
    const stream = session.request({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":path": "/h2",
      "sec-websocket-version": "13",
    });
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders & { ":status": number }];
    expect(headers[":status"]).toBe(200);
    // A masked text frame "hi" (RFC 6455, section 5.2).
    stream.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    const [data] = (await once(stream, "data")) as [Buffer];
    expect(data.subarray(2).toString()).toBe("you said hi");
    session.destroy();
  });

  test("events come as they are sent, past the cache, and may be silent", async () => {
    const request = http.get({
      host: TALKS,
      path: "/events",
      headers: { accept: "text/event-stream", host: TALKS },
      createConnection: connection("198.51.100.9"),
    });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    const events: string[] = [];
    response.setEncoding("utf8").on("data", (data: string) => events.push(data));
    await until("the second", () => events.length === 2);

    expect(events).toEqual(["data: first\n\n", "data: second\n\n"]);
    expect(response.headers["cache-status"]).toBe(`${rig.popName}; fwd=bypass`);
    request.destroy();
  });

  test("rejects it for a site that does not say so: the origin hears of no upgrade", async () => {
    expect(await statusOf(talk("silent.example.com", "/no"))).toBe(200);
    expect(asked.at(-1)?.headers.upgrade).toBeUndefined();

    const session = http2.connect("http://silent.example.com", { createConnection: connection("198.51.100.8") });
    await once(session, "remoteSettings");
    const stream = session.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": "/no/h2" });
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    expect(headers).toMatchObject({ ":status": 501, "proxy-status": `${rig.popName}; error=http_request_denied` });
    session.destroy();
  });

  test("what else the site serves is served as ever", async () => {
    const answers = await Promise.all([
      rig.ask("/x", { host: TALKS }),
      rig.ask("/x", { host: TALKS, headers: { connection: "upgrade", upgrade: "h2c" } }),
    ]);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, "plain"],
      [200, "plain"],
    ]);
    expect(asked.at(-1)?.headers.upgrade).toBeUndefined();
  });

  test("are so many of one client, and of one site, and hold nobody else", async () => {
    const own = await Promise.all(Array.from({ length: 5 }, () => statusOf(talk(TALKS, "/own"))));
    const others = await Promise.all(
      Array.from({ length: 8 }, (_, i) => statusOf(talk(TALKS, "/others", `203.0.113.${String(i)}`))),
    );

    expect(own.sort()).toEqual([101, 101, 101, 429, 429]);
    expect(others.sort()).toEqual([...Array<number>(5).fill(101), 503, 503, 503]);
    expect((await rig.ask("/y", { host: TALKS })).status).toBe(200);
    rig.origin.on("/z", reply("z"));
    expect((await rig.get("/z")).status).toBe(200);
  });
});
