import * as http from "node:http";
import * as net from "node:net";
import { createGunzip, gunzipSync, gzipSync } from "node:zlib";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { HOST, Rig } from "./origin/rig";
import { SOMEBODY } from "./origin/client";
import { reply, type Handler } from "./origin/scripted";
import { clientHeader } from "./proxied";

const TEXT = "<p>a line of a page</p>\n".repeat(200);
const HTML = { "content-type": "text/html", "cache-control": "max-age=60" };
const OWN = { "content-type": "text/html", "cache-control": "no-store" };
const WRITABLE = "writable.example.com";

/** What gzip takes, and Varnish's own check does not (RFC 1952, section 2.2: a file is a series of members). */
const ODD: readonly (readonly [name: string, body: Buffer])[] = [
  ["plain text with gzip's label", Buffer.from(TEXT)],
  ["two members", Buffer.concat([gzipSync(TEXT), gzipSync(TEXT)])],
  ["junk after the end", Buffer.concat([gzipSync(TEXT), Buffer.from("\0\0junk")])],
  ["a member without its end", gzipSync(TEXT).subarray(0, -12)],
];

describeWith([DEBIAN], "codings", () => {
  let rig: Rig;
  let paths = 0;

  beforeAll(async () => {
    rig = await Rig.start({ more: { [WRITABLE]: { methods: ["GET", "HEAD", "PUT"] } } });
  });

  afterAll(async () => {
    await rig.stop();
  });

  const path = () => `/codings/${String(paths++)}`;

  async function twice(handler: Handler, headers: Readonly<Record<string, string>>, host = HOST) {
    const target = path();
    rig.origin.on(target, handler);
    return [await rig.ask(target, { host, headers }), await rig.ask(target, { host, headers })] as const;
  }

  describe.each([
    ["stored", HTML],
    ["not stored", OWN],
  ] as const)("of what is %s", (_name, fields) => {
    describe.each(["gzip", "identity"])("for a client that takes %s", (coding) => {
      test.each(ODD)("%s comes byte by byte, and whole", async (_odd, body) => {
        const answers = await twice(reply(body, { ...fields, "content-encoding": "gzip" }), {
          "accept-encoding": coding,
        });

        for (const answer of answers) {
          expect([answer.status, answer.isWhole, answer.headers["content-encoding"]]).toEqual([200, true, "gzip"]);
          expect(answer.body).toBe(body.toString("latin1"));
        }
      });
    });

    test("text is compressed for who takes gzip, and comes as it was to who does not", async () => {
      const target = path();
      rig.origin.on(target, reply(TEXT, fields));

      for (const coding of ["gzip", "identity", "gzip"]) {
        const { headers, body, isWhole } = await rig.get(target, { "accept-encoding": coding });

        expect([isWhole, headers["content-type"], headers.vary]).toEqual([true, "text/html", "Accept-Encoding"]);
        expect(headers["content-encoding"]).toBe(coding === "gzip" ? "gzip" : undefined);
        expect(coding === "gzip" ? gunzipSync(Buffer.from(body, "latin1")).toString() : body).toBe(TEXT);
      }
    });

    test.each(["gzip", "identity"])("a piece of a stream is there before the next (%s)", async (coding) => {
      const target = path();
      let next: () => void = () => undefined;
      rig.origin.on(target, async (response) => {
        response.writeHead(200, fields);
        response.write("the first piece");
        await new Promise<void>((resolve) => (next = resolve));
        response.end(", and the second");
      });

      const pieces: string[] = [];
      await stream(rig.node.ports.traffic, target, { "accept-encoding": coding }, (piece) => {
        pieces.push(piece);
        // Nothing more is sent until the first has come.
        next();
      });

      expect(pieces[0]).toBe("the first piece");
      expect(pieces.join("")).toBe("the first piece, and the second");
    });

    test("a body that breaks off is not a whole one", async () => {
      const [answer] = await twice(
        (response) => {
          response.writeHead(200, { ...fields, "content-length": String(TEXT.length * 2) });
          response.write(TEXT, () => setTimeout(() => response.destroy(), 100));
        },
        { "accept-encoding": "gzip" },
      );

      expect(answer.isWhole).toBe(false);
    });
  });

  test("HEAD says no length that GET has not", async () => {
    const target = path();
    rig.origin.on(target, reply(TEXT, HTML));
    await rig.get(target, { "accept-encoding": "gzip" });

    const length = async (coding: string) =>
      (await rig.ask(target, { method: "HEAD", headers: { "accept-encoding": coding } })).headers["content-length"];

    expect([await length("gzip"), await length("identity")]).toEqual([undefined, String(TEXT.length)]);
  });

  describe("what is left as it is", () => {
    test.each([
      ["what is below a thousand bytes", TEXT.slice(0, 999), {}],
      ["an image", TEXT, { "content-type": "image/png" }],
      ["what has no type", TEXT, { "content-type": "" }],
      ["no-transform", TEXT, { "cache-control": 'max-age=60 , No-Transform="x"' }],
      ["what has a digest", TEXT, { "content-digest": "sha-256=:x:" }],
      ["a failure", TEXT, { status: "404" }],
    ])("%s", async (_name, body, { status = "200", ...fields }: Readonly<Record<string, string>>) => {
      const [first, second] = await twice(reply(body, { ...HTML, etag: '"1"', ...fields }, Number(status)), {
        "accept-encoding": "gzip",
      });

      for (const answer of [first, second]) {
        expect(answer).toMatchObject({ body, headers: { etag: '"1"', "content-length": String(body.length) } });
        expect(answer.headers["content-encoding"]).toBeUndefined();
      }
    });

    test("a thousand bytes are compressed", async () => {
      const [{ headers }] = await twice(reply(TEXT.slice(0, 1000), HTML), { "accept-encoding": "gzip" });

      expect(headers["content-encoding"]).toBe("gzip");
    });
  });

  // RFC 9110, sections 8.8.3.3 and 13.1.1.
  describe("entity tags", () => {
    const tagged = reply(TEXT, { ...HTML, etag: '"1"' });

    test("a strong one is weak in what is compressed, and there alone", async () => {
      const target = path();
      rig.origin.on(target, tagged);

      const tag = async (coding: string) => (await rig.get(target, { "accept-encoding": coding })).headers.etag;

      expect([await tag("gzip"), await tag("identity"), await tag("br")]).toEqual(['W/"1"', '"1"', '"1"']);
    });

    test.each([
      ["stored", HTML],
      ["not stored", OWN],
    ])("a 304 has the one that the client has (%s)", async (_name, fields) => {
      const target = path();
      rig.origin.on(target, reply(TEXT, { ...fields, etag: '"1"' }));
      const { headers } = await rig.get(target, { "accept-encoding": "gzip" });

      const again = await rig.get(target, { "accept-encoding": "gzip", "if-none-match": headers.etag ?? "" });

      expect([again.status, again.headers.etag, again.body]).toEqual([304, 'W/"1"', ""]);
    });

    test("it stays strong where clients change things, so that If-Match holds", async () => {
      const target = path();
      const accept = { "accept-encoding": "gzip" };
      rig.origin.on(target, (response, request) =>
        request.method === "PUT"
          ? reply("", {}, request.headers["if-match"] === '"1"' ? 204 : 412)(response, request)
          : tagged(response, request),
      );
      const { headers, body } = await rig.ask(target, { host: WRITABLE, headers: accept });

      const put = await rig.ask(target, {
        host: WRITABLE,
        method: "PUT",
        headers: { ...accept, "if-match": headers.etag ?? "" },
        body: "new",
      });

      expect([headers.etag, headers["content-encoding"], body, put.status]).toEqual(['"1"', undefined, TEXT, 204]);
    });

    test("what has a weak one is compressed there, too, and keeps it", async () => {
      const [{ headers }] = await twice(
        reply(TEXT, { ...HTML, etag: 'W/"1"' }),
        { "accept-encoding": "gzip" },
        WRITABLE,
      );

      expect([headers.etag, headers["content-encoding"]]).toEqual(['W/"1"', "gzip"]);
    });
  });

  describe("codings of the origin's own", () => {
    const best: Handler = (response, request) => {
      const taken = String(request.headers["accept-encoding"]).split(", ");
      const coding = ["br", "zstd", "gzip"].find((each) => taken.includes(each));
      return reply(coding ?? "plain", {
        ...HTML,
        vary: "Accept-Encoding",
        ...(coding === undefined ? {} : { "content-encoding": coding }),
      })(response, request);
    };

    test("are stored apart, each once for all that take it", async () => {
      const target = path();
      rig.origin.on(target, best);

      for (const [accept, body] of [
        ["gzip, deflate, br, zstd", "br"],
        ["zstd;q=0.5, br;q=1.0,gzip;q=0.1", "br"],
        ["zstd, gzip", "zstd"],
        ["gzip", "gzip"],
        ["gzip;q=0", "plain"],
        ["GZIP, br; q=0.000, x", "gzip"],
        ["deflate", "plain"],
        ["x-gzip", "gzip"],
      ] as const) {
        expect((await rig.get(target, { "accept-encoding": accept })).body).toBe(body);
      }
      expect(rig.origin.requests(target).map(({ headers }) => headers["accept-encoding"])).toEqual([
        "zstd, br, gzip",
        "zstd, gzip",
        "gzip",
        "identity",
      ]);
    });

    test("one that was not said to vary is for those who take it", async () => {
      const target = path();
      rig.origin.on(target, (response, request) =>
        request.headers["accept-encoding"] === "identity"
          ? reply("plain", HTML)(response, request)
          : reply("br", { ...HTML, "content-encoding": "br" })(response, request),
      );

      await rig.get(target, { "accept-encoding": "br" });
      const other = await rig.get(target);

      expect([other.body, other.headers["content-encoding"]]).toEqual(["plain", undefined]);
    });

    test("a part is cut from what has none", async () => {
      const target = path();
      rig.origin.on(target, best);
      await rig.get(target, { "accept-encoding": "br" });

      const part = await rig.get(target, { "accept-encoding": "br", range: "bytes=0-1" });

      expect([part.status, part.body, part.headers["content-encoding"]]).toEqual([206, "pl", undefined]);
    });
  });
});

/** Each piece of a body as it comes, decoded. */
function stream(
  port: number,
  target: string,
  headers: Readonly<Record<string, string>>,
  take: (piece: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get({
      createConnection: () => {
        const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
        socket.write(clientHeader(SOMEBODY));
        return socket;
      },
      path: target,
      headers: { host: HOST, ...headers },
      timeout: 30_000,
    });
    request.on("timeout", () => request.destroy(new Error("the next piece does not come")));
    request.on("error", reject);
    request.on("response", (response) => {
      const body = response.headers["content-encoding"] === "gzip" ? response.pipe(createGunzip()) : response;
      body.on("data", (data: Buffer) => {
        take(data.toString());
      });
      body.on("error", reject);
      body.on("end", resolve);
    });
  });
}
