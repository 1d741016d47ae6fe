import { createHash } from "node:crypto";
import { violations, type Told } from "../../../infra/lab/chaos/invariants";
import type { Asked } from "../../../infra/lab/cities/ask";
import { pageOf } from "../../../infra/lab/origin";

// RFC 9111, section 5.2.2.7 (private) and 4.2.4 (stale); RFC 5861.

const HOST = "www.example.com";
const asked = (body: string, more: Partial<Asked> = {}): Asked => ({
  ...{ city: "Rome", at: 100_000, over: 100_100, region: "a", failure: null, status: 200, cache: "hit", times: null },
  ...{ headers: {}, body: createHash("sha256").update(body).digest("hex") },
  ...more,
});
const told = (body: string, more: Partial<Asked> = {}, path = "/page"): Told => ({
  ...{ host: HOST, path, asked: asked(body, more) },
  bodies: [pageOf(HOST, path, 1, "Rome"), pageOf(HOST, path, 2, "Rome")],
  others: path.startsWith("/private/") ? [pageOf(HOST, path, 1, "Oslo")] : [],
});
const found = (one: Told) => violations([one], [{ region: "a", from: 50_000, to: 90_000 }]);

test("nothing is wrong with a page of any version that it has had, or with a failure", () => {
  expect(found(told(pageOf(HOST, "/page", 1)))).toEqual([]);
  expect(found(told(pageOf(HOST, "/page", 2)))).toEqual([]);
  expect(found(told("no such thing", { failure: "HTTP 503", status: 503 }))).toEqual([]);
  expect(found(told(pageOf(HOST, "/private/page", 1, "Rome"), {}, "/private/page"))).toEqual([]);
});

test("another site's page is found, and another path's", () => {
  const wrong = ["00:01:40 Rome got another page's body: www.example.com/page"];
  expect(found(told(pageOf("other.example.com", "/page", 1)))).toEqual(wrong);
  expect(found(told(pageOf(HOST, "/pag", 1)))).toEqual(wrong);
});

test("another visitor's page is found", () => {
  expect(found(told(pageOf(HOST, "/private/page", 1, "Oslo"), {}, "/private/page"))).toEqual([
    "00:01:40 Rome got what is another visitor's: www.example.com/private/page",
  ]);
});

test("a page beyond its window is found", () => {
  const headers = (age: number) => ({ headers: { age: String(age), "cache-control": "max-age=2, stale-if-error=15" } });
  expect(found(told(pageOf(HOST, "/page", 1), headers(18)))).toEqual([]);
  expect(found(told(pageOf(HOST, "/page", 1), headers(25)))).toEqual([
    "00:01:40 Rome got a page that was 25 s old, beyond its window: www.example.com/page",
  ]);
});

test("an answer of a drained PoP after its time is found, and none of another", () => {
  const page = pageOf(HOST, "/page", 1);
  expect(found(told(page, { at: 49_000 }))).toEqual([]);
  expect(found(told(page, { at: 60_000, region: "b" }))).toEqual([]);
  expect(found(told(page, { at: 60_000 }))).toEqual([
    "00:01:00 Rome was answered by a, which is drained, after its time: www.example.com/page",
  ]);
});
