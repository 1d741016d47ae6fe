import { strictRequest } from "./wire/strictRequests";

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\n";

/** The measure of the smuggling tests: what passes here has one meaning. */
describe("the recording origin's reading of a request", () => {
  test("takes one request and leaves the next", () => {
    const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;

    const parsed = strictRequest(`${chunked}GET`);

    expect(parsed).toMatchObject({ kind: "request", request: { method: "POST", body: "hello" }, rest: "GET" });
  });

  test("takes trailers apart from the fields", () => {
    const parsed = strictRequest(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\nZ: w\r\n\r\nGET`);

    expect(parsed).toMatchObject({
      kind: "request",
      request: { body: "hello", trailers: ["X: y", "Z: w"] },
      rest: "GET",
    });
  });

  test.each([
    ["a header", "POST / HTTP/1.1\r\nHost"],
    ["a body", `${HEAD}Content-Length: 5\r\n\r\nhell`],
    ["a chunk", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`],
    ["trailers", `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n`],
    ["the last chunk", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`],
  ])("waits for the rest of %s", (_, text) => {
    expect(strictRequest(text)).toEqual({ kind: "more" });
  });

  test.each([
    ["two framings", `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ["two lengths", `${HEAD}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
    ["a length with a sign", `${HEAD}Content-Length: +5\r\n\r\nhello`],
    ["another coding", `${HEAD}Transfer-Encoding: xchunked\r\n\r\n`],
    ["a chunk with an extension", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n0\r\n\r\n`],
    ["a chunk with a bare LF", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`],
    [
      "a trailer that says where a body ends",
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n`,
    ],
    ["a trailer with a bare LF", `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n`],
    ["a trailer without a colon", `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n`],
    ["a chunk longer than its size", `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`],
    ["a bare LF", "GET / HTTP/1.1\nHost: a\r\n\r\n"],
    ["a bare CR", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"],
    ["a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n"],
    ["a space before a colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"],
    ["a NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n"],
    ["no Host", "GET / HTTP/1.1\r\n\r\n"],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"],
    ["an absolute target", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["another version", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"],
    ["a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"],
  ])("rejects %s", (_, text) => {
    expect(strictRequest(text).kind).toBe("violation");
  });
});
