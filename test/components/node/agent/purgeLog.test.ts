import fc from "fast-check";
import {
  BEGINNING,
  openEntry,
  purgeSchema,
  sealEntry,
  signedAnew,
  TARGETS_LIMIT,
  type Purge,
  type Target,
} from "../../../../components/node/protocol/purgeLog";
import { KEY, purgeOf, REGION, url } from "./purgeRig";

const PURGE = purgeOf(url("/a"));

const characters = (letters: string) => fc.constantFrom(...Array.from(letters));
const host = fc.string({ unit: characters("abz09.-"), minLength: 1, maxLength: 253 });
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const target: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ kind: fc.constant("url" as const), host, path: visible.map((text) => `/${text}`) }),
  fc.record({ kind: fc.constant("prefix" as const), host, path: visible.map((text) => `/${text}`) }),
  fc.record({
    kind: fc.constant("tag" as const),
    host,
    tag: fc.string({ unit: characters("aZ0_.:/@=~+-"), minLength: 1, maxLength: 256 }),
  }),
  fc.record({ kind: fc.constant("host" as const), host }),
  fc.record({ kind: fc.constant("all" as const) }),
);
const purge: fc.Arbitrary<Purge> = fc.record({
  at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((at) => at.toISOString()),
  soft: fc.boolean(),
  targets: fc.array(target, { minLength: 1, maxLength: TARGETS_LIMIT }),
});

const AFTER = { number: 6, digest: "a".repeat(64) };
const seal = (each: Purge, key = KEY, region = REGION) => sealEntry(key, region, AFTER, each);
const sealed = seal(PURGE);
const resigned = (change: (signature: string) => string) => {
  const { body, signature } = JSON.parse(sealed.text) as { body: string; signature: string };
  return JSON.stringify({ body, signature: change(signature) });
};

test("what was sealed opens with its key, and follows its place", () => {
  fc.assert(
    fc.property(purge, fc.nat(), fc.string(), (each, number, key) => {
      const entry = sealEntry(key, REGION, { number, digest: AFTER.digest }, each);

      expect(entry).toMatchObject({ number: number + 1, previous: AFTER.digest, purge: each });
      expect(openEntry(["another", key], REGION, entry.text)).toEqual(entry);
    }),
  );
});

test("each entry follows the one before, from the beginning on", () => {
  const first = sealEntry(KEY, REGION, BEGINNING, PURGE);
  const second = sealEntry(KEY, REGION, first, PURGE);

  expect([first.number, second.number, second.previous]).toEqual([1, 2, first.digest]);
  expect(second.digest).not.toBe(first.digest);
});

test("an entry signed anew is the same entry", () => {
  const text = signedAnew("another", REGION, sealed);

  expect(openEntry(["another"], REGION, text)).toEqual({ ...sealed, text });
  expect(openEntry([KEY], REGION, text)).toBeUndefined();
});

test("the largest purge there may be opens", () => {
  const largest: Purge = {
    at: PURGE.at,
    soft: false,
    targets: Array.from({ length: TARGETS_LIMIT }, () => ({
      kind: "url" as const,
      host: "a".repeat(253),
      path: `/${'"'.repeat(7999)}`,
    })),
  };

  expect(openEntry([KEY], REGION, seal(purgeSchema.parse(largest)).text)?.purge).toEqual(largest);
});

test("no change of a character goes unseen", () => {
  const { text } = sealed;
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), fc.integer({ min: 0x20, max: 0x7e }), (at, code) => {
      const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
      const opened = openEntry([KEY], REGION, changed);
      // The hexadecimal digits of a signature are lower case only.
      expect(opened === undefined).toBe(changed !== text);
    }),
    { numRuns: 1000 },
  );
});

test.each<[string, () => unknown]>([
  ["an entry of another region", () => openEntry([KEY], REGION, seal(PURGE, KEY, "eu-west-2").text)],
  ["an entry signed with another key", () => openEntry([KEY], REGION, seal(PURGE, "forged").text)],
  ["an entry where no key is known", () => openEntry([], REGION, sealed.text)],
  ["what is not JSON", () => openEntry([KEY], REGION, "purge everything")],
  ["JSON of another form", () => openEntry([KEY], REGION, "[]")],
  ["an entry without a signature", () => openEntry([KEY], REGION, JSON.stringify({ body: JSON.stringify(PURGE) }))],
  [
    "a signature with more before it",
    () =>
      openEntry(
        [KEY],
        REGION,
        resigned((signature) => `aa${signature}`),
      ),
  ],
  [
    "a signature with more behind it",
    () =>
      openEntry(
        [KEY],
        REGION,
        resigned((signature) => `${signature}aa`),
      ),
  ],
  [
    "a body that is too long",
    () => openEntry([KEY], REGION, JSON.stringify({ body: " ".repeat(2_000_001), signature: "0".repeat(64) })),
  ],
])("rejects %s", (_, open) => {
  expect(open()).toBeUndefined();
});

test.each<[string, Target]>([
  ["a host with a space", { kind: "host", host: "www.example.com x" }],
  ["a host in upper case", { kind: "host", host: "WWW.example.com" }],
  ["an empty host", { kind: "host", host: "" }],
  ["a path that is none", { kind: "url", host: "www.example.com", path: "a" }],
  ["a prefix that is none", { kind: "prefix", host: "www.example.com", path: "" }],
  ["a path with a line end", { kind: "url", host: "www.example.com", path: "/a\r\nHost: x" }],
  ["a path with a space", { kind: "url", host: "www.example.com", path: "/a HTTP/1.1" }],
  ["a path that is too long", { kind: "url", host: "www.example.com", path: `/${"a".repeat(8000)}` }],
  ["a tag with a comma", { kind: "tag", host: "www.example.com", tag: "a,b" }],
  ["a tag with a quote", { kind: "tag", host: "www.example.com", tag: 'a"' }],
  ["an empty tag", { kind: "tag", host: "www.example.com", tag: "" }],
])("rejects %s, although it is signed: what it means is not known", (_, each) => {
  expect(openEntry([KEY], REGION, seal(purgeOf(each)).text)).toMatchObject({ number: 7, purge: undefined });
});

test("rejects more targets than one entry may have, although they are signed", () => {
  const targets = Array.from({ length: TARGETS_LIMIT + 1 }, () => url("/a"));

  expect(openEntry([KEY], REGION, seal({ ...PURGE, targets }).text)).toMatchObject({ number: 7, purge: undefined });
});
