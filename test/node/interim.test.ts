import * as fc from "fast-check";
import type * as http from "node:http";
import { describeWith } from "../support/requirements";
import { some } from "../support/some";
import { DEBIAN } from "./debianRoot";
import type { Answer, Ask } from "./origin/client";
import { Rig } from "./origin/rig";
import { bytes, reply, type Handler } from "./origin/scripted";
import { until } from "./origin/until";

const HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

/** What may come before a final response (RFC 9110, section 15.2). */
const INTERIM: Readonly<Record<string, string>> = {
  "one 103": HINTS,
  "several 103": HINTS.repeat(5),
  "a 103 of 10 KB": `HTTP/1.1 103 Early Hints\r\n${"Link: </a.css>; rel=preload\r\n".repeat(90)}X-Large: ${"x".repeat(8000)}\r\n\r\n`,
  "a 102 and a 103": `HTTP/1.1 102 Processing\r\n\r\n${HINTS}`,
  "a 100 that nobody asked for": "HTTP/1.1 100 Continue\r\n\r\n",
};

/** The final response as its header and its body, which says `the body`. */
const FINAL: Readonly<Record<string, readonly [string, string]>> = {
  "in chunks": [`${OK}${CHUNKED}`, "4\r\nthe \r\n4\r\nbody\r\n0\r\n\r\n"],
  "in chunks with trailers": [`${OK}${CHUNKED}`, "8\r\nthe body\r\n0\r\nX-Sum: 1\r\n\r\n"],
  "with a length": [`${OK}Content-Length: 8\r\n\r\n`, "the body"],
};

const EVENTS = "events.example.com";
const TAKES = "takes.example.com";

/** How a request comes to its origin. */
const WAYS: Readonly<Record<string, Ask & { readonly host?: string }>> = {
  "through the cache": {},
  "past it": { host: TAKES, method: "POST", body: "x" },
  held: { host: EVENTS, headers: { accept: "text/event-stream" } },
};

/** Each part when the one before it has left, after so many turns of the loop. */
async function send({ socket }: http.ServerResponse, parts: readonly string[], turns: readonly number[] = []) {
  socket?.setNoDelay(true);
  for (const [i, part] of parts.entries()) {
    await new Promise((resolve) => socket?.write(part, "latin1", resolve));
    for (let k = 0; k < (turns[i] ?? 1); k++) {
      await new Promise(setImmediate);
    }
  }
}

const sending =
  (parts: readonly string[]): Handler =>
  async (response) => {
    await send(response, parts);
    response.socket?.end();
  };

/**
 * Interim responses of origins before what is cached, what goes past the cache, and what is held. Origins are bytes that
 * keep RFC 9112, the client is Node's.
 */
describeWith([DEBIAN], "an interim response", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({
      more: { [EVENTS]: { websocket: true }, [TAKES]: { methods: ["GET", "HEAD", "POST"] } },
    });
  });
  afterAll(() => rig.stop());

  const workers = (): readonly number[] =>
    rig.node.root
      .processes()
      .filter(({ name }) => name === "haproxy")
      .map(({ pid }) => pid);

  /** Gets a path; the body is sent when the head has come to the client, so that it comes to the node by itself. */
  async function bodyAfterHead(
    path: string,
    before: string,
    body: string,
    options: Ask & { readonly host?: string } = {},
  ): Promise<Answer> {
    let head = (): void => undefined;
    const seen = new Promise<void>((resolve) => (head = resolve));
    rig.origin.on(path, async (response) => {
      await send(response, [before]);
      await seen;
      await send(response, [body]);
      response.socket?.end();
    });
    return rig.ask(path, { ...options, onHead: head });
  }

  const CASES = Object.keys(INTERIM).flatMap((interim) => Object.keys(FINAL).map((final) => [interim, final] as const));

  test.each(CASES)(
    "(%s) that comes with the header of what is %s costs nothing: it is whole, and stored",
    async (interim, final) => {
      const path = `/with/${interim}/${final}`.replaceAll(" ", "-");
      const [head = "", body = ""] = FINAL[final] ?? [];

      const answer = await bodyAfterHead(path, `${INTERIM[interim] ?? ""}${head}`, body);

      expect(answer).toMatchObject({ status: 200, body: "the body", isWhole: true });
      expect(answer.headers["link"]).toBeUndefined();
      expect(await rig.get(path)).toMatchObject({ status: 200, body: "the body", isWhole: true });
      expect(rig.origin.requests(path)).toHaveLength(1);
    },
  );

  test.each(CASES)("(%s) that goes with all of what is %s, and before it", async (interim, final) => {
    const path = `/all/${interim}/${final}`.replaceAll(" ", "-");
    const [head = "", body = ""] = FINAL[final] ?? [];
    const ways = {
      once: [(INTERIM[interim] ?? "") + head + body],
      apart: [INTERIM[interim] ?? "", head, body],
    };
    for (const [way, parts] of some(Object.entries(ways))) {
      rig.origin.on(`${path}/${way}`, sending(parts));

      expect(await rig.get(`${path}/${way}`)).toMatchObject({ status: 200, body: "the body", isWhole: true });
      expect((await rig.get(`${path}/${way}`)).headers["cache-status"]).toMatch(/; ?hit/);
    }
  });

  test("is taken out wherever the bytes are parted, and whatever comes after it", async () => {
    const text = fc.oneof(
      fc.array(fc.constantFrom("\r\n", "0\r\n\r\n", HINTS, "x"), { maxLength: 5 }).map((pieces) => pieces.join("")),
      fc.integer({ min: 1, max: 70_000 }).map((length) => "y".repeat(length)),
    );
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(INTERIM)),
        fc.array(text, { maxLength: 4 }),
        fc.constantFrom("chunks", "length"),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 0, max: 3 })), { maxLength: 6 }),
        async (interim, pieces, framing, cuts) => {
          const path = `/any/${String(count++)}`;
          const body = pieces.join("");
          const chunks = [...pieces.filter((piece) => piece !== ""), ""].map(
            (piece) => `${piece.length.toString(16)}\r\n${piece}${piece === "" ? "" : "\r\n"}`,
          );
          const whole = `${interim}${OK}${framing === "chunks" ? `${CHUNKED}${chunks.join("")}\r\n` : `Content-Length: ${String(body.length)}\r\n\r\n${body}`}`;
          let from = 0;
          const parts = [...cuts.map(([length]) => whole.slice(from, (from += length))), whole.slice(from)];
          rig.origin.on(path, async (response) => {
            await send(
              response,
              parts,
              cuts.map(([, turns]) => turns),
            );
            response.socket?.end();
          });

          const answer = await rig.get(path);

          expect([answer.status, answer.isWhole, answer.body === body]).toEqual([200, true, true]);
          expect((await rig.get(path)).body === body).toBe(true);
          // A request that meets a connection just ended by the origin is sent again, with its id.
          const asked = rig.origin.requests(path).map(({ headers }) => headers["x-request-id"]);
          expect(new Set(asked).size).toBe(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    ["behind the header in chunks", `${HINTS}${OK}${CHUNKED}`],
    ["in a chunk", `${HINTS}${OK}${CHUNKED}8\r\nthe`],
    ["before the last chunk", `${HINTS}${OK}${CHUNKED}8\r\nthe body\r\n`],
    ["behind the header with a length", `${HINTS}${OK}Content-Length: 8\r\n\r\n`],
    ["before the length is there", `${HINTS}${OK}Content-Length: 8\r\n\r\nthe`],
    ["in the header", `${HINTS}HTTP/1.1 200 OK\r\nCache-Con`],
    ["in itself", "HTTP/1.1 103 Early Hints\r\nLink"],
    ["behind itself", HINTS],
  ])("before a response that breaks off %s is never stored", async (where, cut) => {
    const path = `/cut/${where.replaceAll(" ", "-")}`;
    rig.origin.on(path, bytes(cut));

    const answer = await rig.get(path);
    rig.origin.on(path, reply("mended"));

    // Without a length a body that breaks off as it begins may look whole to who waits for it: Varnish 7.7's own doing.
    expect(answer.status === 200 && answer.isWhole && !cut.includes(CHUNKED)).toBe(false);
    expect((await rig.get(path)).body).toBe("mended");
  });

  test("before a response that ends with the connection is no end of it", async () => {
    const answer = await bodyAfterHead("/close", `${HINTS}${OK}\r\n`, "the body");

    expect(answer).toMatchObject({ status: 200, body: "the body", isWhole: true });
    expect(answer.headers["cache-status"]).toContain("detail=size");
  });

  test("before a 304 renews what is stored", async () => {
    rig.origin.on("/renewed", reply("the body", { "cache-control": "max-age=600", etag: '"1"' }));
    await rig.get("/renewed");
    await rig.age("/renewed");
    rig.origin.on(
      "/renewed",
      bytes(`${HINTS}HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nCache-Control: max-age=600\r\n\r\n`),
    );

    await rig.get("/renewed");
    await until("the renewal", async () =>
      /; ?hit; ?ttl=[1-9]/.test((await rig.get("/renewed")).headers["cache-status"] ?? ""),
    );

    expect(await rig.get("/renewed")).toMatchObject({ status: 200, body: "the body", isWhole: true });
    expect(rig.origin.requests("/renewed")).toHaveLength(2);
  });

  // HAProxy 3.0 loops for ever where it takes back a final response behind an interim one that waits to be written.
  describe.each(Object.entries(WAYS))("%s, read together with a final response that is none", (way, options) => {
    test.each([
      ["has too many fields", `${OK}${"X-Field: 1\r\n".repeat(101)}Content-Length: 0\r\n\r\n`],
      ["has too large a header", `${OK}${`X-Field: ${"x".repeat(9000)}\r\n`.repeat(3)}Content-Length: 0\r\n\r\n`],
      [
        "has more header than HAProxy takes",
        `${OK}${`X-Field: ${"x".repeat(9000)}\r\n`.repeat(5)}Content-Length: 0\r\n\r\n`,
      ],
      [
        "switches to another protocol",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n",
      ],
      ["has an unknown coding", `${OK}Transfer-Encoding: other\r\n\r\n`],
      ["has a bad field", `${OK}Bad Field: 1\r\nContent-Length: 0\r\n\r\n`],
    ])("(it %s) costs that response and nothing else", async (what, final) => {
      const path = `/refused/${way}/${what}`.replaceAll(" ", "-");
      const before = workers();
      rig.origin.on(path, bytes(HINTS + final));

      expect((await rig.ask(path, options)).status).toBeGreaterThanOrEqual(500);
      expect(await rig.node.health()).toBe(200);
      expect(workers()).toEqual(before);
    });
  });

  test.each([
    [204, `${HINTS}HTTP/1.1 204 No Content\r\n\r\n`],
    [200, `${HINTS}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`],
    [404, `${HINTS}HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n`],
  ])("before a %d without a body is followed by it at once", async (status, text) => {
    rig.origin.on(`/empty/${String(status)}`, bytes(text));

    expect(await rig.get(`/empty/${String(status)}`)).toMatchObject({
      status,
      body: "",
      isWhole: true,
    });
  });

  test.each(CASES)("(%s) past the cache reaches the client, and what is %s is whole", async (interim, final) => {
    const path = `/past/${interim}/${final}`.replaceAll(" ", "-");
    const [head = "", body = ""] = FINAL[final] ?? [];

    const answer = await bodyAfterHead(path, `${INTERIM[interim] ?? ""}${head}`, body, {
      host: TAKES,
      method: "POST",
      body: "x",
    });

    expect(answer).toMatchObject({ status: 200, body: "the body", isWhole: true });
  });

  test("before events leaves them open", async () => {
    const [head = "", body = ""] = FINAL["in chunks"] ?? [];

    const answer = await bodyAfterHead("/events", HINTS + head, body, WAYS.held);

    expect(answer).toMatchObject({ status: 200, body: "the body", isWhole: true });
  });
});
