import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { authority, certificateFor } from "../../infra/edge/authority";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { bytes, Held, inTurn, reply, ScriptedOrigin, type Handler } from "./origin/scripted";
import { Rig } from "./origin/rig";
import { until } from "./origin/until";

/** What the rendered file waits for an origin's next byte, and what the tests' copy waits. */
const [ORIGIN_TIME, SHORT] = ["timeout server 60s", "timeout server 3s"];

const HEAD = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n";
const never: Handler = new Held(reply("too late")).handler;

/**
 * What an origin may do before its response has begun, and what a client sees: status and error of Proxy-Status when
 * nothing is stored. With a stale object that may be used on errors it always sees that one.
 */
const BEFORE_THE_BODY: readonly (readonly [fault: string, handler: Handler, status: number, error: string])[] = [
  ["closes without an answer", bytes(""), 502, "http_response_incomplete"],
  ["resets the connection", bytes("", "reset"), 502, "http_response_incomplete"],
  ["does not answer", never, 504, "http_response_timeout"],
  ["stops within the status line", bytes("HTTP/1.1 20"), 502, "http_response_incomplete"],
  ["stops within the fields", bytes(`${HEAD}X-A: `), 502, "http_response_incomplete"],
  ["answers something else than HTTP", bytes("220 mail.example.net ESMTP\r\n"), 502, "http_response_incomplete"],
  ["puts NUL into a field", bytes(`${HEAD}X-A: a\0b\r\nContent-Length: 1\r\n\r\nx`), 502, "http_response_incomplete"],
  ["puts a space into a name", bytes(`${HEAD}X A: b\r\nContent-Length: 1\r\n\r\nx`), 502, "http_response_incomplete"],
  [
    "names two lengths",
    bytes(`${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy`),
    502,
    "http_response_incomplete",
  ],
  ["names no number as length", bytes(`${HEAD}Content-Length: x\r\n\r\nx`), 502, "http_response_incomplete"],
  ["sends fields without end", bytes(`${HEAD}X-A: ${"a".repeat(40_000)}\r\n\r\n`), 502, "http_response_incomplete"],
];

/** What it may do within the body of which it named the length. */
const WITHIN_THE_LENGTH: readonly (readonly [fault: string, handler: Handler])[] = [
  ["closes before the length that it named", bytes(`${HEAD}Content-Length: 100\r\n\r\nbegin`)],
  ["resets before the length that it named", bytes(`${HEAD}Content-Length: 100\r\n\r\nbegin`, "reset")],
  ["stops in the middle", ({ socket }) => void socket?.write(`${HEAD}Content-Length: 100\r\n\r\nbegin`)],
];

/** And within chunks. */
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const WITHIN_CHUNKS: readonly (readonly [fault: string, begin: string, rest: string])[] = [
  ["closes within a chunk", "64\r\nbegin", ""],
  ["closes before the last chunk", "5\r\nbegin\r\n", ""],
  ["sends a chunk of no size", "5\r\nbegin\r\n", "xyz\r\n"],
];

describeWith([DEBIAN], "faults of an origin", () => {
  let scratch: string;
  let rig: Rig;
  let pem: { readonly good: string; readonly wrongName: string; readonly unknown: string };

  beforeAll(async () => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-faults-"));
    const root = await PrivateRoot.start(debianRootFolder());
    const [trusted, other] = [
      await authority(root, path.join(scratch, "trusted")),
      await authority(root, path.join(scratch, "other")),
    ];
    pem = {
      good: await certificateFor(root, trusted, ["localhost"]),
      wrongName: await certificateFor(root, trusted, ["elsewhere.example.com"]),
      unknown: await certificateFor(root, other, ["localhost"]),
    };
    await root.stop();
    rig = await Rig.start({
      site: { methods: ["GET", "HEAD", "POST"] },
      node: { trust: trusted.certificate },
      edit: (files) => {
        const config = files["/etc/haproxy/haproxy.cfg"] ?? "";
        return { ...files, "/etc/haproxy/haproxy.cfg": config.replace(ORIGIN_TIME, SHORT) };
      },
    });
  });

  afterAll(async () => {
    await rig.stop();
    fs.rmSync(scratch, { recursive: true });
  });

  const pathFor = (...words: readonly string[]): string => `/${words.join("/").replaceAll(/[^a-z/]/gi, "-")}`;

  describe("before the body", () => {
    test.each(BEFORE_THE_BODY)("one that %s: nothing stored", async (fault, handler, status, error) => {
      const target = pathFor("cold", fault);
      rig.origin.on(target, handler);

      const answer = await rig.get(target);

      expect([answer.status, answer.headers["proxy-status"]]).toEqual([status, `${rig.popName}; error=${error}`]);
      expect(answer.headers["cache-control"]).toBe("no-store");
      expect(answer.body).not.toMatch(/varnish|haproxy|guru/i);
      // The next one does not suffer from it.
      rig.origin.on(target, reply("well", { "cache-control": "max-age=60" }));
      expect(await rig.get(target)).toMatchObject({ status: 200, body: "well" });
    });

    test.each([
      ["close", "GET", 4],
      ["reset", "GET", 4],
      ["close", "POST", 1],
      ["reset", "POST", 1],
    ] as const)("one that ends kept connections with a %s, at a %s: asked %d times", async (end, method, times) => {
      const target = pathFor("kept", end, method);
      rig.origin.on("/keeps", reply("kept", { "cache-control": "no-store" }));
      rig.origin.on(target, bytes("", end));
      await Promise.all([rig.get("/keeps"), rig.get("/keeps")]);

      const answer = await rig.ask(target, { method });

      // What changes something may have done so; all else is tried at last on a connection that nobody has used.
      expect([answer.status, answer.headers["proxy-status"]]).toEqual([
        502,
        `${rig.popName}; error=http_response_incomplete`,
      ]);
      expect(rig.origin.requests(target)).toHaveLength(times);
    });

    test.each(BEFORE_THE_BODY)("one that %s: a stale object stored", async (fault, handler) => {
      const target = pathFor("stale", fault);
      const stored = { "cache-control": "max-age=60, stale-while-revalidate=0, stale-if-error=600" };
      rig.origin.on(target, inTurn(reply("old", stored), handler));
      await rig.get(target);
      await rig.age(target);

      expect(await rig.get(target)).toMatchObject({ status: 200, body: "old", isWhole: true });
    });
  });

  describe("within the body", () => {
    test.each(WITHIN_THE_LENGTH)("one that %s: the client sees that it is not whole", async (fault, handler) => {
      const target = pathFor("within", fault);
      rig.origin.on(target, inTurn(handler, reply("whole", { "cache-control": "max-age=60" })));

      const first = await rig.get(target);
      const next = await rig.get(target);

      // Either the node knew before it had answered, or it breaks off.
      expect(first.status === 200 ? first.isWhole : first.status < 500).toBe(false);
      expect(next).toMatchObject({ status: 200, body: "whole", isWhole: true });
    });

    // Not before the client has had the head: Varnish 7.7 may take what fails at that moment for the whole, see README.
    test.each(WITHIN_CHUNKS)("one that %s: the client sees that it is not whole", async (fault, begin, rest) => {
      const target = pathFor("within", fault);
      const head = new Held(({ socket }) => void socket?.end(rest));
      const broken: Handler = (response, request) => {
        response.socket?.write(`${CHUNKED}${begin}`);
        return head.handler(response, request);
      };
      rig.origin.on(target, inTurn(broken, reply("whole", { "cache-control": "max-age=60" })));

      const first = await rig.ask(target, {
        onHead: () => {
          head.release();
        },
      });
      const next = await rig.get(target);

      expect([first.status, first.isWhole]).toEqual([200, false]);
      expect(next).toMatchObject({ status: 200, body: "whole", isWhole: true });
    });

    test.each([
      ...WITHIN_THE_LENGTH,
      ...WITHIN_CHUNKS.map(([fault, begin, rest]) => [fault, bytes(`${CHUNKED}${begin}${rest}`)] as const),
    ])("one that %s: who comes later is not told half of it", async (fault, handler) => {
      const target = pathFor("within-stale", fault);
      const stored = { "cache-control": "max-age=60, stale-while-revalidate=600, stale-if-error=600" };
      rig.origin.on(target, inTurn(reply("old", stored), handler, reply("new", stored)));
      await rig.get(target);
      await rig.age(target);

      expect((await rig.get(target)).body).toBe("old");
      // For some seconds after an answer that did not come, as in other tests here, no stale object is renewed.
      await until("a fetch behind a client's back", async () => {
        await rig.get(target);
        return rig.origin.requests(target).length > 1;
      });
      await until("the end of the fetch", async () => (await rig.fetching()) === 0);
      for (let i = 0; i < 5; i++) {
        const { isWhole, body } = await rig.get(target);
        expect([isWhole, body]).toEqual([true, expect.stringMatching(/^(old|new)$/)]);
      }
    });
  });

  test("an origin that is slow but sends is waited for", async () => {
    const held = new Held(reply("slow", { "cache-control": "max-age=60" }));
    rig.origin.on("/slow", (response, request) => {
      response.writeHead(200, { "cache-control": "max-age=60", "content-length": 8 });
      response.write("slow");
      return held.handler(Object.assign(response, { writeHead: () => response }), request);
    });

    const answer = rig.get("/slow");
    await held.holds(1);
    held.release();

    expect(await answer).toMatchObject({ status: 200, body: "slowslow", isWhole: true });
  });

  describe("of its certificate", () => {
    const HOST = "secure.example.com";

    test("a right one is taken, and the name is asked for", async () => {
      const origin = await ScriptedOrigin.start({ pem: pem.good });
      origin.on("/", reply("secure"));
      await rig.reload({ more: { [HOST]: { origins: [origin.at("localhost")] } } });

      expect(await rig.ask("/", { host: HOST })).toMatchObject({ status: 200, body: "secure" });
      await origin.stop();
    });

    test.each(["wrongName", "unknown"] as const)(
      "rejects %s: an error of ours, and nothing is sent there",
      async (kind) => {
        const origin = await ScriptedOrigin.start({ pem: pem[kind] });
        await rig.reload({ more: { [HOST]: { origins: [origin.at("localhost")] } } });

        const answer = await rig.ask("/private", { host: HOST, headers: { cookie: "session=1" } });

        expect(answer.status).toBe(503);
        expect(answer.headers["proxy-status"]).toBe(`${rig.popName}; error=destination_unavailable`);
        expect(origin.requests("/private")).toEqual([]);
        await origin.stop();
      },
    );

    test.each(["wrongName", "unknown"] as const)(
      "with %s in place of the right one, the stale object is used",
      async (kind) => {
        const good = await ScriptedOrigin.start({ pem: pem.good });
        const target = `/was-good/${kind}`;
        good.on(target, reply("old", { "cache-control": "max-age=60, stale-while-revalidate=0, stale-if-error=600" }));
        await rig.reload({ more: { [HOST]: { origins: [good.at("localhost")] } } });
        await rig.ask(target, { host: HOST });
        await good.stop();
        const bad = await ScriptedOrigin.start({ pem: pem[kind], port: good.port });
        await rig.age(target, HOST);

        expect(await rig.ask(target, { host: HOST })).toMatchObject({ status: 200, body: "old" });
        expect(bad.requests(target)).toEqual([]);
        await bad.stop();
      },
    );
  });

  test("after all of that the node is well", async () => {
    await rig.node.untilServing();
    const { stdout } = await rig.node.varnishadm("panic.show");

    expect(stdout).not.toMatch(/Panic at/);
    rig.origin.on("/well", reply("well"));
    expect((await rig.get("/well")).status).toBe(200);
  });
});
