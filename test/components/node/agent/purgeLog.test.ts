import fc from "fast-check";
import {
  openHead,
  openPurge,
  purgeSchema,
  sealHead,
  sealPurge,
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

test("what was sealed opens with its key, at its place", () => {
  fc.assert(
    fc.property(purge, fc.nat(), fc.string(), (each, number, key) => {
      expect(openPurge(["another", key], REGION, number, sealPurge(key, REGION, number, each))).toEqual(each);
      expect(openHead([key], REGION, sealHead(key, REGION, number))).toBe(number);
    }),
  );
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

  expect(openPurge([KEY], REGION, 1, sealPurge(KEY, REGION, 1, purgeSchema.parse(largest)))).toEqual(largest);
});

test("no change of a character goes unseen", () => {
  const sealed = sealPurge(KEY, REGION, 7, PURGE);
  fc.assert(
    fc.property(fc.nat({ max: sealed.length - 1 }), fc.integer({ min: 0x20, max: 0x7e }), (at, code) => {
      const changed = sealed.slice(0, at) + String.fromCharCode(code) + sealed.slice(at + 1);
      const opened = openPurge([KEY], REGION, 7, changed);
      // The hexadecimal digits of a signature are lower case only.
      expect(opened === undefined).toBe(changed !== sealed);
    }),
    { numRuns: 1000 },
  );
});

test.each<[string, () => unknown]>([
  ["an entry under another number", () => openPurge([KEY], REGION, 8, sealPurge(KEY, REGION, 7, PURGE))],
  ["an entry of another region", () => openPurge([KEY], REGION, 7, sealPurge(KEY, "eu-west-2", 7, PURGE))],
  ["an entry signed with another key", () => openPurge([KEY], REGION, 7, sealPurge("forged", REGION, 7, PURGE))],
  ["an entry where no key is known", () => openPurge([], REGION, 7, sealPurge(KEY, REGION, 7, PURGE))],
  ["a head as an entry", () => openPurge([KEY], REGION, 7, sealHead(KEY, REGION, 7))],
  ["an entry as a head", () => openHead([KEY], REGION, sealPurge(KEY, REGION, 7, PURGE))],
  ["a head of another region", () => openHead([KEY], REGION, sealHead(KEY, "eu-west-2", 7))],
  ["a head signed with another key", () => openHead([KEY], REGION, sealHead("forged", REGION, 7))],
  ["what is not JSON", () => openPurge([KEY], REGION, 7, "purge everything")],
  ["JSON of another form", () => openPurge([KEY], REGION, 7, "[]")],
  ["an entry without a signature", () => openPurge([KEY], REGION, 7, JSON.stringify({ body: JSON.stringify(PURGE) }))],
  [
    "a body that is too long",
    () => openPurge([KEY], REGION, 7, JSON.stringify({ body: " ".repeat(2_000_001), signature: "0".repeat(64) })),
  ],
])("rejects %s", (_, open) => {
  expect(open()).toBeUndefined();
});

test.each<[string, Target]>([
  ["a host with a space", { kind: "host", host: "www.example.com x" }],
  ["a host in upper case", { kind: "host", host: "WWW.example.com" }],
  ["an empty host", { kind: "host", host: "" }],
  ["a path that is none", { kind: "url", host: "www.example.com", path: "a" }],
  ["a path with a line end", { kind: "url", host: "www.example.com", path: "/a\r\nHost: x" }],
  ["a path with a space", { kind: "url", host: "www.example.com", path: "/a HTTP/1.1" }],
  ["a path that is too long", { kind: "url", host: "www.example.com", path: `/${"a".repeat(8000)}` }],
  ["a tag with a comma", { kind: "tag", host: "www.example.com", tag: "a,b" }],
  ["a tag with a quote", { kind: "tag", host: "www.example.com", tag: 'a"' }],
  ["an empty tag", { kind: "tag", host: "www.example.com", tag: "" }],
])("rejects %s, although it is signed", (_, each) => {
  expect(openPurge([KEY], REGION, 7, sealPurge(KEY, REGION, 7, purgeOf(each)))).toBeUndefined();
});

test("rejects more targets than one entry may have, although they are signed", () => {
  const targets = Array.from({ length: TARGETS_LIMIT + 1 }, () => url("/a"));

  expect(openPurge([KEY], REGION, 7, sealPurge(KEY, REGION, 7, { ...PURGE, targets }))).toBeUndefined();
});
