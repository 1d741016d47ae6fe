import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { inTurn, reply, type Received } from "./origin/scripted";
import { Rig } from "./origin/rig";

const FRESH = { "cache-control": "max-age=600" };
const MODIFIED = "Tue, 01 Sep 2020 00:00:00 GMT";

/** A stored ETag, what If-None-Match says, whether that is a match (RFC 9110, sections 8.8.3.2 and 13.1.2). */
const IF_NONE_MATCH: readonly (readonly [etag: string, condition: string | readonly string[], isMatch: boolean])[] = [
  ['"a"', '"a"', true],
  ['"a"', 'W/"a"', true],
  ['W/"a"', '"a"', true],
  ['W/"a"', 'W/"a"', true],
  ['"a"', '"b"', false],
  ['"a"', '"A"', false],
  ['"a"', '"b", "a"', true],
  ['"a"', '"b","a","c"', true],
  ['"a"', '"b"\t,\tW/"a"', true],
  ['"a"', ', "b",, "a" ,', true],
  ['"a"', ['"b"', '"a"'], true],
  ['"a"', "*", true],
  ['"a"', " * ", true],
  ['"a"', '"b", "aa"', false],
  ['"a"', '"ba", "ab"', false],
  ["a", '"b", "cat"', false],
  ["a", '"a", "b"', false],
  ["a", "cat, b", false],
  ['"a"', 'a, "b"', false],
  ['"a"', '"a" "b"', false],
  ['"a"', '"b" "a"', false],
  ['","', '"a","b"', false],
  ['", "', '"a", "b"', false],
  ['","', '",", "b"', true],
  ['"a,b"', '"a,b", "c"', true],
  // Octets above ASCII are part of a tag (obs-text), as single bytes.
  ['"\xe4"', '"\xe4"', true],
  ['"\xe4"', '"b", W/"\xe4"', true],
  ['"\xc3\xa4"', '"\xc3\xa4", "b"', true],
  ['"\xe4"', '"b", "\xe5"', false],
  ['"a', '"b", "a', false],
  ['W/"a"', 'w/"a"', false],
];

/** What a range may be cut from (RFC 9110, section 13.1.5). */
const IF_RANGE: readonly (readonly [
  name: string,
  fields: Readonly<Record<string, string>>,
  ifRange: string,
  isPart: boolean,
])[] = [
  ["the same strong tag", { etag: '"a"' }, '"a"', true],
  ["another tag", { etag: '"a"' }, '"b"', false],
  ["a weak tag", { etag: 'W/"a"' }, 'W/"a"', false],
  ["a strong tag for a weak one", { etag: 'W/"a"' }, '"a"', false],
  ["a tag that is none", { etag: "a" }, "a", false],
  ["a list of tags", { etag: '"a"' }, '"a", "b"', false],
  ["the same date", { "last-modified": MODIFIED }, MODIFIED, true],
  ["a later date", { "last-modified": MODIFIED }, "Wed, 02 Sep 2020 00:00:00 GMT", false],
  ["a date without one to compare", { etag: '"a"' }, MODIFIED, false],
  ["a date that is none", { "last-modified": MODIFIED }, "2020-09-01", false],
  ["a date that is weak", { "last-modified": MODIFIED, date: MODIFIED }, MODIFIED, false],
];

describeWith([DEBIAN], "validators", () => {
  let rig: Rig;
  let paths = 0;

  beforeAll(async () => {
    rig = await Rig.start({ site: { methods: ["GET", "HEAD", "PUT", "POST"], compression: false } });
  });

  afterAll(async () => {
    await rig.stop();
  });

  const path = () => `/validators/${String(paths++)}`;

  describe.each([
    ["what is stored", FRESH],
    ["what is not stored", { "cache-control": "private" }],
  ] as const)("If-None-Match against %s", (_name, cacheControl) => {
    test.each(IF_NONE_MATCH)("ETag %s, condition %j: %s", async (etag, condition, isMatch) => {
      const target = path();
      // Before a text Node would write its fields in that text's encoding.
      rig.origin.on(target, reply(Buffer.from("body"), { ...cacheControl, etag }));
      await rig.get(target);

      const lines = typeof condition === "string" ? condition : [...condition];
      const { status } = await rig.ask(target, { headers: { "if-none-match": lines as string } });

      expect(status).toBe(isMatch ? 304 : 200);
    });
  });

  test.each([
    ["the same date", MODIFIED, 304],
    ["a later date", "Wed, 02 Sep 2020 00:00:00 GMT", 304],
    ["an earlier date", "Mon, 31 Aug 2020 00:00:00 GMT", 200],
    ["the form of RFC 850", "Tuesday, 01-Sep-20 00:00:00 GMT", 304],
    ["the form of asctime", "Tue Sep  1 00:00:00 2020", 304],
    ["a date of another kind", "2020-09-02T00:00:00Z", 200],
    ["a number", "1600000000", 200],
    ["a date in the future", "Tue, 01 Sep 2099 00:00:00 GMT", 200],
  ])("If-Modified-Since with %s", async (_name, since, status) => {
    const target = path();
    rig.origin.on(target, reply("body", { ...FRESH, "last-modified": MODIFIED }));
    await rig.get(target);

    expect((await rig.get(target, { "if-modified-since": since })).status).toBe(status);
  });

  test("If-None-Match goes before If-Modified-Since", async () => {
    const target = path();
    rig.origin.on(target, reply("body", { ...FRESH, etag: '"a"', "last-modified": MODIFIED }));
    await rig.get(target);

    expect((await rig.get(target, { "if-none-match": '"b"', "if-modified-since": MODIFIED })).status).toBe(200);
  });

  test.each(IF_RANGE)("If-Range with %s", async (_name, fields, ifRange, isPart) => {
    const target = path();
    rig.origin.on(target, reply("0123456789", { ...FRESH, ...fields }));
    await rig.get(target);

    const answer = await rig.get(target, { range: "bytes=0-3", "if-range": ifRange });

    expect([answer.status, answer.body]).toEqual(isPart ? [206, "0123"] : [200, "0123456789"]);
  });

  test.each(["PUT", "POST"])("conditions of a %s are the origin's to judge", async (method) => {
    const target = path();
    rig.origin.on(target, reply("changed", { etag: '"a"', "last-modified": MODIFIED }));
    const headers = {
      "if-none-match": '"a"',
      "if-modified-since": MODIFIED,
      "if-match": '"a"',
      "if-unmodified-since": MODIFIED,
    };

    const answer = await rig.ask(target, { method, headers, body: "x" });

    expect(answer).toMatchObject({ status: 200, body: "changed" });
    expect(rig.origin.requests(target)[0]?.headers).toMatchObject(headers);
  });

  test("If-Match and If-Unmodified-Since are not for a cache (RFC 9111, section 4.3.2)", async () => {
    const target = path();
    rig.origin.on(target, reply("body", { ...FRESH, etag: '"a"', "last-modified": MODIFIED }));
    await rig.get(target);

    const answer = await rig.get(target, { "if-match": '"b"', "if-unmodified-since": "Mon, 31 Aug 2020 00:00:00 GMT" });

    expect(answer).toMatchObject({ status: 200, body: "body" });
  });

  describe("a 304 of the origin", () => {
    const NOT_FRESH = { "cache-control": "no-cache" };

    const conditional = ({ headers }: Received): boolean =>
      headers["if-none-match"] !== undefined || headers["if-modified-since"] !== undefined;

    /** Stores something, and then has the origin answer conditions with a 304. */
    async function revalidated(stored: Readonly<Record<string, string>>, update: Readonly<Record<string, string>>) {
      const target = path();
      rig.origin.on(
        target,
        inTurn(reply("stored", { ...NOT_FRESH, ...stored }), (response, received) =>
          conditional(received)
            ? reply("", { ...NOT_FRESH, ...update }, 304)(response, received)
            : reply("whole", { ...NOT_FRESH, ...stored })(response, received),
        ),
      );
      await rig.get(target);
      return { answer: await rig.get(target), requests: rig.origin.requests(target) };
    }

    test.each([
      ["the same tag", { etag: '"a"' }, { etag: '"a"' }],
      ["the same tag, weak", { etag: 'W/"a"' }, { etag: 'W/"a"' }],
      ["no tag", { etag: '"a"' }, {}],
      ["the same date", { "last-modified": MODIFIED }, { "last-modified": MODIFIED }],
    ])("with %s is about what is stored", async (_name, stored, update) => {
      const { answer } = await revalidated(stored, update);

      expect(answer).toMatchObject({ status: 200, body: "stored" });
    });

    test.each([
      ["another tag", { etag: '"a"' }, { etag: '"b"' }],
      ["another date", { "last-modified": MODIFIED }, { "last-modified": "Wed, 02 Sep 2020 00:00:00 GMT" }],
    ])("with %s is not: the whole is asked for", async (_name, stored, update) => {
      const { answer, requests } = await revalidated(stored, update);

      expect(answer).toMatchObject({ status: 200, body: "whole" });
      expect(requests.map(conditional)).toEqual([false, true, false]);
    });

    test("brings new fields, and what it leaves out stays", async () => {
      const { answer } = await revalidated({ etag: '"a"', "x-old": "1", "x-new": "1" }, { etag: '"a"', "x-new": "2" });

      expect([answer.headers["x-old"], answer.headers["x-new"]]).toEqual(["1", "2"]);
    });

    test("that was not asked for is a bad answer", async () => {
      const target = path();
      rig.origin.on(target, reply("", { etag: '"a"' }, 304));

      expect((await rig.get(target)).status).toBe(502);
    });

    test("governs with what it says, beside what was stored", async () => {
      const target = path();
      rig.origin.on(
        target,
        inTurn(
          reply("stored", { "cdn-cache-control": "no-cache", "cache-control": "no-store", etag: '"a"' }),
          reply("", { "cache-control": "max-age=600", etag: '"a"' }, 304),
        ),
      );
      await rig.get(target);
      await rig.get(target);

      // CDN-Cache-Control is still there, and still goes before Cache-Control.
      await rig.get(target);
      expect(rig.origin.requests(target)).toHaveLength(3);
    });
  });
});
