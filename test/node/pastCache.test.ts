import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { HOST, Rig } from "./origin/rig";
import { until } from "./origin/until";
import { clientHeader } from "./proxied";
import { block, END_HEADERS, frame, PREFACE } from "./wire/http2";
import { listening, portOf } from "./wire/listening";

const CLIENT = "198.51.100.7";
const KB = 1024;

/** What became of a request at an origin that reads it as it comes. */
interface Upload {
  readonly headers: http.IncomingHttpHeaders;
  bytes: number;
  end?: "whole" | "cut off";
  trailers?: NodeJS.Dict<string>;
}

function options(port: number, method: string, path: string, headers: http.OutgoingHttpHeaders): http.RequestOptions {
  return {
    method,
    path,
    headers: { host: HOST, ...headers },
    createConnection: () => {
      const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
      socket.write(clientHeader(CLIENT));
      return socket;
    },
  };
}

async function answerOf(
  request: http.ClientRequest,
): Promise<{ status: number; body: string; headers: http.IncomingHttpHeaders }> {
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response), headers: response.headers };
}

/** Uploads reach their origin as they come. Witnesses: Node's clients and server of HTTP/1.1 and HTTP/2. */
describeWith([DEBIAN], "what goes past the cache", () => {
  let origin: http.Server;
  let rig: Rig;
  const uploads = new Map<string, Upload>();

  beforeAll(async () => {
    origin = http.createServer((request, response) => {
      const upload: Upload = { headers: request.headers, bytes: 0 };
      uploads.set(request.url ?? "", upload);
      request.on("data", (data: Buffer) => (upload.bytes += data.length));
      request.on("end", () => {
        upload.end = "whole";
        upload.trailers = request.trailers;
        response.writeHead(200, { trailer: "X-Sum" });
        response.write("taken ");
        response.addTrailers({ "X-Sum": "1" });
        response.end(String(upload.bytes));
      });
      request.on("error", () => (upload.end = "cut off"));
    });
    await listening(origin);
    rig = await Rig.start({
      more: {
        "takes.example.com": {
          origins: [{ scheme: "http", host: "127.0.0.1", port: portOf(origin) }],
          methods: ["GET", "HEAD", "POST", "PUT"],
        },
      },
    });
  });

  afterAll(async () => {
    await rig.stop();
    origin.close();
    origin.closeAllConnections();
  });

  const begin = (path: string, headers: http.OutgoingHttpHeaders = {}): http.ClientRequest =>
    http.request(options(rig.node.ports.traffic, "POST", path, { host: "takes.example.com", ...headers }));

  const upload = (path: string): Promise<Upload> => until(`${path} at the origin`, () => uploads.get(path));

  test("a body without a length of 20 MB arrives while it is sent, whole, and its trailers too", async () => {
    const request = begin("/large", { "transfer-encoding": "chunked", trailer: "X-Digest" });
    const answer = answerOf(request);
    request.write(Buffer.alloc(64 * KB));
    const seen = await upload("/large");
    await until("its beginning at the origin", () => seen.bytes === 64 * KB);
    request.addTrailers({ "X-Digest": "sha" });
    Readable.from(Array.from({ length: 20 * 16 - 1 }, () => Buffer.alloc(64 * KB))).pipe(request);

    expect(await answer).toMatchObject({ status: 200, body: `taken ${String(20 * 1024 * KB)}` });
    expect(seen).toMatchObject({ end: "whole", trailers: { "x-digest": "sha" } });
  });

  test.each([
    ["in chunks", { "transfer-encoding": "chunked" }],
    ["with a length", { "content-length": String(1024 * KB) }],
  ])("a body %s that its client breaks off is cut off at the origin, too", async (title, headers) => {
    const path = `/cut/${title.replaceAll(" ", "-")}`;
    const request = begin(path, headers);
    request.on("error", () => undefined);
    request.write(Buffer.alloc(64 * KB));
    const seen = await upload(path);
    await until("its beginning at the origin", () => seen.bytes === 64 * KB);

    request.destroy();

    await until("its end", () => seen.end);
    expect(seen.end).toBe("cut off");
  });
  test("the same over HTTP/2, with trailers of the request and of the answer", async () => {
    const socket = net.connect(rig.node.ports.traffic, "127.0.0.1");
    socket.write(clientHeader(CLIENT));
    const session = http2.connect("http://takes.example.com", { createConnection: () => socket });
    const whole = session.request({ ":method": "POST", ":path": "/h2" }, { waitForTrailers: true });
    whole.end("hello");
    whole.on("wantTrailers", () => {
      whole.sendTrailers({ "x-digest": "sha" });
    });
    let trailers: http2.IncomingHttpHeaders = {};
    whole.on("trailers", (fields: http2.IncomingHttpHeaders) => (trailers = fields));
    expect(await text(whole)).toBe("taken 5");
    expect(trailers["x-sum"]).toBe("1");
    expect((await upload("/h2")).trailers).toEqual({ "x-digest": "sha" });
    session.close();
  });

  test.each([
    ["resets", (socket: net.Socket) => socket.write(frame("reset", 0, 1, Buffer.from([0, 0, 0, 8])))],
    ["leaves with its connection", (socket: net.Socket) => socket.destroy()],
  ])("a body over HTTP/2 that its client %s is cut off at the origin, too", async (title, leave) => {
    const path = `/h2/cut/${title.replaceAll(" ", "-")}`;
    const head = block([
      [":method", "POST"],
      [":scheme", "https"],
      [":authority", "takes.example.com"],
      [":path", path],
    ]);
    // Frames made by hand: Node's client ends the body before it resets the stream.
    const socket = net.connect(rig.node.ports.traffic, "127.0.0.1");
    socket.write(clientHeader(CLIENT));
    socket.write(
      Buffer.concat([PREFACE, frame("headers", END_HEADERS, 1, head), frame("data", 0, 1, Buffer.alloc(10 * KB))]),
    );
    const seen = await upload(path);
    await until("its beginning at the origin", () => seen.bytes === 10 * KB);

    leave(socket);

    await until("its end", () => seen.end);
    expect(seen.end).toBe("cut off");
    socket.destroy();
  });

  test("a client that asks whether to go on hears it from the origin (RFC 9110, section 10.1.1)", async () => {
    origin.once("checkContinue", (request: http.IncomingMessage, response: http.ServerResponse) => {
      response.writeContinue();
      origin.emit("request", request, response);
    });
    const request = begin("/continue", { expect: "100-continue", "content-length": "5" });
    request.flushHeaders();
    await once(request, "continue");
    request.end("hello");

    expect(await answerOf(request)).toMatchObject({ status: 200, body: "taken 5" });
  });

  test("or that it need not", async () => {
    origin.once("checkContinue", (_: http.IncomingMessage, response: http.ServerResponse) => {
      response.writeHead(413, { connection: "close" }).end("too large");
    });
    const request = begin("/continue/not", { expect: "100-continue", "content-length": "5000000" });
    let goOn = false;
    request.on("continue", () => (goOn = true));
    request.flushHeaders();

    expect(await answerOf(request)).toMatchObject({ status: 413, body: "too large" });
    expect(goOn).toBe(false);
    request.destroy();
  });

  test("fields that Connection names end at the edge (RFC 9110, section 7.6.1)", async () => {
    origin.once("request", (_: http.IncomingMessage, response: http.ServerResponse) => {
      response.setHeader("connection", "close, X-Hop");
      response.setHeader("x-hop", "1");
      response.setHeader("x-end", "1");
    });
    const request = begin("/hop", { "content-length": "0" });
    request.end();
    const { headers } = await answerOf(request);

    expect([headers["x-hop"], headers["x-end"]]).toEqual([undefined, "1"]);
  });

  test("interim responses go on to the client (RFC 8297)", async () => {
    origin.once("request", (_: http.IncomingMessage, response: http.ServerResponse) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    });
    const request = begin("/hints", { "content-length": "0" });
    const hints = once(request, "information");
    request.end();

    expect(await answerOf(request)).toMatchObject({ status: 200, body: "taken 0" });
    expect((await hints)[0]).toMatchObject({ statusCode: 103, headers: { link: "</style.css>; rel=preload" } });
  });

  test("the edge says of it what it says of all", async () => {
    const request = begin("/said", { "content-length": "0" });
    request.end();
    const { headers } = await answerOf(request);
    const seen = await upload("/said");

    expect(headers).toMatchObject({ via: `1.1 ${rig.popName}`, "cache-status": `${rig.popName}; fwd=method` });
    expect(JSON.stringify(headers)).not.toMatch(/varnish|haproxy|x-footprint/i);
    expect(seen.headers).toMatchObject({ via: `1.1 ${rig.popName}`, "cdn-loop": rig.popName });
    expect(seen.headers).toMatchObject({ "x-forwarded-for": CLIENT, "x-forwarded-host": "takes.example.com" });
    expect(await rig.logged("/said")).toMatchObject({ method: "POST", status: 200, cache: "pass" });
  });
});
