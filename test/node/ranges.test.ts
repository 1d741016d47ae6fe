import { pipeline } from "node:stream/promises";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { HOST, Rig } from "./origin/rig";
import type { Handler } from "./origin/scripted";
import { until } from "./origin/until";

const MB = 1_048_576;

/** Stored; the cache of a test takes 6 MB at most. */
const LARGE = 4 * MB;
const TOO_LARGE = 16 * MB;

const STORED = { "cache-control": "max-age=600", etag: '"1"' };

/** Of a length that no other here is a multiple of: so each place differs from its neighbours in every test. */
const PATTERN = Buffer.from(Array.from({ length: 65_521 }, (_, i) => (i * 7919) >>> 5));

/** The bytes from one place to another. */
function content(from: number, to: number): Buffer {
  const at = from % PATTERN.length;
  return Buffer.alloc(to - from, Buffer.concat([PATTERN.subarray(at), PATTERN.subarray(0, at)]));
}

/** An origin as RFC 9110, section 14, has it, that may stop in the midst of a whole response. */
class Parts {
  /** Bytes given to the network. */
  sent = 0;
  go: () => void = () => undefined;

  constructor(
    private readonly size: number,
    private readonly fields: Readonly<Record<string, string>>,
    /** Bytes of a whole response after which it waits; none: it does not. */
    private readonly pauseAt?: number,
    private readonly hasParts = true,
  ) {}

  readonly handler: Handler = async (response, { headers }) => {
    const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(String(headers.range)) ?? [];
    const ifRange = headers["if-range"];
    const isPart = first !== undefined && this.hasParts && (ifRange === undefined || ifRange === this.fields.etag);
    const from = !isPart ? 0 : first === "" ? this.size - Number(last) : Number(first);
    const to = isPart && first !== "" && last !== "" ? Math.min(Number(last) + 1, this.size) : this.size;
    if (from >= this.size) {
      response.writeHead(416, { "content-range": `bytes */${this.size}`, "content-length": "0" }).end();
      return;
    }
    response.writeHead(isPart ? 206 : 200, {
      ...this.fields,
      "content-length": String(to - from),
      ...(isPart ? { "content-range": `bytes ${from}-${to - 1}/${this.size}` } : {}),
    });
    // A client that goes away ends it.
    await pipeline(this.pieces(from, to, isPart ? undefined : this.pauseAt), response).catch(() => undefined);
  };

  private async *pieces(from: number, to: number, pauseAt: number | undefined) {
    for (let at = from; at < to; at += 65_536) {
      if (at === pauseAt) {
        await new Promise<void>((resolve) => (this.go = resolve));
      }
      const piece = content(at, Math.min(at + 65_536, to));
      this.sent += piece.length;
      yield piece;
    }
  }
}

describeWith([DEBIAN], "parts of responses", () => {
  let rig: Rig;
  let paths = 0;

  beforeAll(async () => {
    rig = await Rig.start();
  });

  afterAll(async () => {
    await rig.stop();
  });

  function at(parts: Parts): string {
    const path = `/parts/${String(paths++)}`;
    rig.origin.on(path, parts.handler);
    return path;
  }

  const ranges = (path: string) => rig.origin.requests(path).map(({ headers }) => headers.range);

  describe.each([
    ["may not be stored", { "cache-control": "no-store", etag: '"1"' }],
    ["is too large to be stored", STORED],
  ])("what %s", (_name, fields) => {
    test.each([
      ["bytes=-20", TOO_LARGE - 20, TOO_LARGE],
      [`bytes=${TOO_LARGE - 30}-`, TOO_LARGE - 30, TOO_LARGE],
      ["bytes=1000-1009", 1000, 1010],
    ])("%s comes from the origin, and not the whole for it", async (range, from, to) => {
      const parts = new Parts(TOO_LARGE, fields);
      const path = at(parts);

      for (let i = 0; i < 3; i++) {
        const answer = await rig.get(path, { range });

        expect([answer.status, answer.headers["content-range"]]).toEqual([206, `bytes ${from}-${to - 1}/${TOO_LARGE}`]);
        expect(answer.body).toBe(content(from, to).toString("latin1"));
        expect(answer.headers["cache-status"]).toMatch(/; fwd=miss; fwd-status=206; detail=partial$/);
      }
      // That it cannot be stored is known by its header alone.
      expect(ranges(path)).toEqual([undefined, range, range, range]);
      expect(parts.sent).toBeLessThan((TOO_LARGE * 3) / 4);
    });

    test("a download goes on where it broke off, while the origin has not come so far", async () => {
      const path = at(new Parts(TOO_LARGE, fields, 2 * MB));

      const answer = await rig.get(path, { range: `bytes=${TOO_LARGE - MB}-`, "if-range": '"1"' });

      expect([answer.status, answer.body]).toEqual([206, content(TOO_LARGE - MB, TOO_LARGE).toString("latin1")]);
    });

    test("has the whole for another version than the client's", async () => {
      const path = at(new Parts(TOO_LARGE, fields));

      const answer = await rig.get(path, { range: "bytes=-20", "if-range": '"0"' });

      expect([answer.status, answer.body.length]).toEqual([200, TOO_LARGE]);
    });

    test("comes whole from an origin that has no parts", async () => {
      const path = at(new Parts(TOO_LARGE, fields, undefined, false));

      const answer = await rig.get(path, { range: "bytes=-20" });

      expect([answer.status, answer.body.length]).toEqual([200, TOO_LARGE]);
    });

    test("a part that is not there gives 416", async () => {
      const path = at(new Parts(TOO_LARGE, fields));

      const { status, headers } = await rig.get(path, { range: `bytes=${TOO_LARGE}-` });

      expect([status, headers["content-range"]]).toEqual([416, `bytes */${TOO_LARGE}`]);
    });
  });

  describe("what is large and comes in", () => {
    test("its end does not wait for its beginning, and it is stored meanwhile", async () => {
      const parts = new Parts(LARGE, STORED, 2 * MB);
      const path = at(parts);
      const end = { range: `bytes=-${MB}` };

      const cold = await rig.get(path, end);
      const again = await rig.get(path, { range: `bytes=${LARGE - MB}-` });
      parts.go();
      const hit = await until("the whole is stored", async () => {
        const answer = await rig.get(path, end);
        return answer.headers["cache-status"]?.includes("; hit;") === true && answer;
      });

      for (const answer of [cold, again, hit]) {
        expect([answer.status, answer.body]).toEqual([206, content(LARGE - MB, LARGE).toString("latin1")]);
      }
      expect(cold.headers["cache-status"]).toMatch(/; fwd=partial; fwd-status=206; detail=partial$/);
      expect(ranges(path).filter((range) => range === undefined)).toHaveLength(1);
    });

    test("what is near its beginning is waited for", async () => {
      const path = at(new Parts(LARGE, STORED));

      const answer = await rig.get(path, { range: "bytes=1000-1999" });

      expect([answer.status, answer.body]).toEqual([206, content(1000, 2000).toString("latin1")]);
      expect(ranges(path)).toEqual([undefined]);
    });
  });

  describe("what is no single range of bytes is passed over (RFC 9110, section 14.2)", () => {
    test.each(["items=0-9", "bytes=0-1,4-5", "bytes=5-2", "bytes=", "bytes=a-b", "0-9", "bytes=-", "bytes 0-9"])(
      "Range: %s",
      async (range) => {
        for (const fields of [STORED, { "cache-control": "no-store" }]) {
          const path = at(new Parts(1000, fields));
          for (let i = 0; i < 2; i++) {
            const answer = await rig.get(path, { range });

            expect([answer.status, answer.body]).toEqual([200, content(0, 1000).toString("latin1")]);
          }
        }
      },
    );

    test("with a method that changes something, too", async () => {
      const host = "writable.example.com";
      await rig.reload({ more: { [host]: { methods: ["GET", "POST"] } } });
      const path = at(new Parts(1000, {}));

      const answer = await rig.ask(path, { host, method: "POST", body: "x", headers: { range: "items=0-9" } });

      expect([answer.status, answer.body.length, ranges(path)]).toEqual([200, 1000, [undefined]]);
    });

    test("the last no bytes are none", async () => {
      const path = at(new Parts(1000, { "cache-control": "no-store" }));

      expect((await rig.ask(path, { host: HOST, headers: { range: "bytes=-0" } })).status).toBe(416);
      expect((await rig.ask(path, { host: HOST, headers: { range: "bytes=-0" } })).status).toBe(416);
    });
  });
});
