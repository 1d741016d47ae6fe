import * as fc from "fast-check";
import * as http from "node:http";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import type { Answer } from "./origin/client";
import { bytes, reply, type Handler } from "./origin/scripted";
import { Rig } from "./origin/rig";
import { listening, portOf } from "./wire/listening";

const STORED = "Cache-Control: max-age=600\r\n";
const OK = `HTTP/1.1 200 OK\r\n${STORED}`;

/** Bytes one after the other, each when the one before it has left. */
function dripping(text: string): Handler {
  return async ({ socket }) => {
    socket?.setNoDelay(true);
    for (const byte of text) {
      await new Promise((resolve) => socket?.write(byte, "latin1", resolve));
      await new Promise(setImmediate);
    }
    socket?.end();
  };
}

function chunked(parts: readonly string[], trailers = ""): string {
  const chunks = [...parts, ""].map((part) => `${part.length.toString(16)}\r\n${part}${part === "" ? "" : "\r\n"}`);
  return `Transfer-Encoding: chunked\r\n\r\n${chunks.join("")}${trailers}\r\n`;
}

/**
 * Trailers of origins (RFC 9110, section 6.5) to what goes through the cache. The origins are bytes that keep RFC 9112, or
 * Node's server; the client is Node's.
 */
describeWith([DEBIAN], "an origin's response", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(() => rig.stop());

  test.each([
    ["one trailer", ["body"], "X-Sum: 1\r\n"],
    ["many trailers", ["bo", "dy"], "X-Sum: 1\r\n".repeat(50)],
    ["a trailer of 10 KB", ["body"], `X-Sum: ${"1".repeat(10_000)}\r\n`],
    ["a large body and trailers", Array<string>(40).fill("x".repeat(50_000)), "X-Sum: 1\r\nX-More: 2\r\n"],
    ["no body and trailers", [], "X-Sum: 1\r\n"],
  ])("with %s is whole, and is stored", async (name, parts, trailers) => {
    const path = `/trailers/${name.replaceAll(" ", "-")}`;
    rig.origin.on(path, bytes(`${OK}Trailer: X-Sum\r\n${chunked(parts, trailers)}`));

    for (const answer of [await rig.get(path), await rig.get(path)]) {
      expect(answer).toMatchObject({ status: 200, isWhole: true });
      expect(answer.body === parts.join("")).toBe(true);
      expect(answer.headers["x-sum"]).toBeUndefined();
    }
    expect(rig.origin.requests(path)).toHaveLength(1);
  });

  test("is the same when it comes byte by byte", async () => {
    rig.origin.on("/bytes", dripping(`${OK}${chunked(["ab", "\r\n0\r\n\r\n", "c"], "X-Sum: 1\r\n")}`));

    expect(await rig.get("/bytes")).toMatchObject({ status: 200, body: "ab\r\n0\r\n\r\nc", isWhole: true });
    expect((await rig.get("/bytes")).headers["cache-status"]).toMatch(/; ?hit/);
  });

  test("is left as it is, whatever its body looks like and in whatever chunks it comes", async () => {
    const piece = fc.constantFrom(
      "\r\n",
      "0\r\n",
      "\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\n\r\n",
      "5\r\nabcde\r\n",
      "x",
    );
    const text = fc.oneof(
      fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join("")),
      fc.integer({ min: 1, max: 70_000 }).map((length) => "y".repeat(length)),
    );
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 8 }), fc.boolean(), async (parts, hasTrailer) => {
        const path = `/any/${String(count++)}`;
        rig.origin.on(path, bytes(OK + chunked(parts, hasTrailer ? "X-Sum: 0\r\nX-More: \r\n" : "")));

        const { status, isWhole, body } = await rig.get(path);
        expect([status, isWhole, body === parts.join("")]).toEqual([200, true, true]);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["in a chunk", chunked(["body"]).slice(0, -11)],
    ["before the last chunk", chunked(["body"]).slice(0, -5)],
    ["in its trailers", chunked(["body"], "X-Sum: 1\r\n").slice(0, -6)],
    ["before its length", "Content-Length: 10\r\n\r\nbody"],
  ])("that breaks off %s is not stored", async (name, cut) => {
    const path = `/cut/${name.replaceAll(" ", "-")}`;
    rig.origin.on(path, bytes(OK + cut));

    await rig.get(path);
    rig.origin.on(path, reply("mended"));

    expect((await rig.get(path)).body).toBe("mended");
  });

  test.each([
    ["with a length, and is stored", "Content-Length: 4\r\n", 1],
    ["without one, and is not stored (connectionEnds.test.ts)", "", 2],
  ])("of HTTP/1.0 is whole, %s", async (how, length, asked) => {
    const path = `/1.0/${how.split(" ", 1)[0] ?? ""}`;
    rig.origin.on(path, bytes(`HTTP/1.0 200 OK\r\n${STORED}${length}\r\nbody`));

    for (const answer of [await rig.get(path), await rig.get(path)]) {
      expect(answer).toMatchObject({ status: 200, body: "body", isWhole: true });
    }
    expect(rig.origin.requests(path)).toHaveLength(asked);
  });
});

describeWith([DEBIAN], "Node's server as an origin", () => {
  /** Connections that requests have come on. */
  const asked = new Set<unknown>();
  let origin: http.Server;
  let rig: Rig;

  beforeAll(async () => {
    origin = http.createServer(({ socket }, response) => {
      asked.add(socket);
      response.writeHead(200, { "cache-control": "no-store", trailer: "X-Sum" });
      response.write("the ");
      response.addTrailers({ "X-Sum": "1" });
      response.end("body");
    });
    await listening(origin);
    const origins = [{ scheme: "http", host: "127.0.0.1", port: portOf(origin) }] as const;
    rig = await Rig.start({ site: { origins } });
  });

  afterAll(async () => {
    await rig.stop();
    origin.close();
    origin.closeAllConnections();
  });

  test("that sends trailers is answered for, on connections that are kept", async () => {
    const answers: Answer[] = [];
    while (answers.length < 20) {
      answers.push(await rig.get("/"));
    }

    expect(answers.map(({ status, body, isWhole }) => [status, body, isWhole])).toEqual(
      Array(20).fill([200, "the body", true]),
    );
    expect(asked.size).toBeLessThan(answers.length);
  });

  test("is asked with HEAD for what has them", async () => {
    expect(await rig.ask("/", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });
});
