import { chunk, LAST_CHUNK, post, type Case } from "./case";

const TWO_FRAMINGS = "which is chunked; its length goes no further, and the connection ends with it";

/** Two framings at once, and framings that one server takes and another does not: where does the request end? */
export const LENGTHS: readonly Case[] = [
  {
    name: `Content-Length over a chunked body that ends before a hidden request, ${TWO_FRAMINGS}`,
    bytes: ({ target, hidden }) => {
      const body = LAST_CHUNK + hidden;
      return [post(target, [`Content-Length: ${body.length}`, "Transfer-Encoding: chunked"], body)];
    },
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "the same with the fields in the other order",
    bytes: ({ target, hidden }) => {
      const body = LAST_CHUNK + hidden;
      return [post(target, ["Transfer-Encoding: chunked", `Content-Length: ${body.length}`], body)];
    },
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "Content-Length of a chunk's first line, a hidden request in the chunk",
    bytes: ({ target, hidden }) => [
      post(target, ["Content-Length: 4", "Transfer-Encoding: chunked"], chunk(hidden) + LAST_CHUNK),
    ],
    answers: [200],
    atOrigin: 1,
  },
  ...(
    [
      ["Transfer-Encoding: xchunked", 400],
      ["Transfer-Encoding: chunk", 400],
      ["Transfer-Encoding: identity", 400],
      ["Transfer-Encoding: chunked, identity", 400],
      ["Transfer-Encoding: identity, chunked", 422],
      ["Transfer-Encoding: chunked, chunked", 400],
      ["Transfer-Encoding: gzip, chunked", 422],
      ["Transfer-Encoding: chunked, gzip", 400],
      ["Transfer-Encoding: chunked;q=1", 400],
      ['Transfer-Encoding: "chunked"', 400],
      ["Transfer-Encoding: ,chunked", 400],
      ["Transfer-Encoding:", 400],
      ["Transfer-Encoding: \x0bchunked", 400],
      ["Transfer-Encoding: \x0cchunked", 400],
      ["Transfer-Encoding: chunked\x00", 400],
      ["Transfer-Encoding:\xa0chunked", 400],
      ["Transfer-Encoding : chunked", 400],
      ["Transfer-Encoding\t: chunked", 400],
      ["Transfer-Encoding\x00: chunked", 400],
      ["Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400],
      ["Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400],
      ["Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", 422],
      [" Transfer-Encoding: chunked", 400],
      ["X: y\rTransfer-Encoding: chunked", 400],
    ] satisfies readonly [string, number][]
  ).map(([line, status]): Case => ({
    name: `${JSON.stringify(line)} beside a Content-Length`,
    bytes: ({ target, hidden }) => {
      const body = LAST_CHUNK + hidden;
      return [post(target, [line, `Content-Length: ${body.length}`], body)];
    },
    answers: [status],
  })),
  ...[
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding: CHUNKED",
    "Transfer-Encoding:\r\n chunked",
    "X: y\nTransfer-Encoding: chunked",
  ].map((line): Case => ({
    name: `${JSON.stringify(line)} beside a Content-Length, ${TWO_FRAMINGS}`,
    bytes: ({ target, hidden }) => {
      const body = LAST_CHUNK + hidden;
      return [post(target, [line, `Content-Length: ${body.length}`], body)];
    },
    answers: [200],
    atOrigin: 1,
  })),
  ...["Transfer_Encoding: chunked", "TE: chunked"].map((line): Case => ({
    name: `${JSON.stringify(line)} beside a Content-Length, which says no coding`,
    bytes: ({ target, hidden }) => {
      const body = LAST_CHUNK + hidden;
      return [post(target, [line, `Content-Length: ${body.length}`, "Connection: close"], body)];
    },
    answers: [200],
    atOrigin: 1,
  })),
  ...["Transfer-Encoding: xchunked", "Transfer-Encoding: identity", "Transfer-Encoding: chunked, identity"].map(
    (line): Case => ({
      name: `${JSON.stringify(line)} alone`,
      bytes: ({ target, hidden }) => [post(target, [line], LAST_CHUNK + hidden)],
      answers: [400],
    }),
  ),
  {
    name: "Transfer-Encoding of HTTP/1.0, with which the connection ends",
    bytes: ({ target, hidden }) => [
      post(target, ["Transfer-Encoding: chunked"], LAST_CHUNK + hidden).replace("HTTP/1.1", "HTTP/1.0"),
    ],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "two equal Content-Lengths, which are one",
    bytes: ({ target }) => [post(target, ["Content-Length: 5", "Content-Length: 5", "Connection: close"], "hello")],
    answers: [200],
    atOrigin: 1,
  },
  ...[
    ["two Content-Lengths", "Content-Length: 0\r\nContent-Length: 5"],
    ["two Content-Lengths in the other order", "Content-Length: 5\r\nContent-Length: 0"],
    ["a list of different lengths", "Content-Length: 5, 0"],
    ["a sign", "Content-Length: +5"],
    ["a negative length", "Content-Length: -5"],
    ["a hexadecimal length", "Content-Length: 0x5"],
    ["a length with a fraction", "Content-Length: 5.0"],
    ["a length with an exponent", "Content-Length: 5e0"],
    ["a length in two words", "Content-Length: 5 0"],
    ["a length with a semicolon", "Content-Length: 5;"],
    ["an empty length", "Content-Length:"],
    ["a length beyond 64 bits", "Content-Length: 99999999999999999999"],
    ["a length that wraps round to 5", "Content-Length: 18446744073709551621"],
    ["a length after a vertical tab", "Content-Length: \x0b5"],
    ["a length before a NUL", "Content-Length: 5\x00"],
    ["a space before the colon", "Content-Length : 5"],
  ].map(([name = "", line = ""]): Case => ({
    name: `${name}: ${JSON.stringify(line)}`,
    bytes: ({ target, hidden }) => [post(target, [line], hidden)],
    answers: [400],
  })),
  {
    name: "a folded length, which counts",
    bytes: ({ target, next }) => [post(target, ["Content-Length:\r\n 5"], `hello${next}`)],
    answers: [200, 421],
    atOrigin: 1,
  },
  {
    name: "Content_Length, which is no length",
    bytes: ({ target, next }) => [post(target, ["Content_Length: 5"], next)],
    answers: [200, 421],
    atOrigin: 1,
  },
  {
    name: "a request behind the body's length",
    bytes: ({ target, next }) => [post(target, ["Content-Length: 5"], `hello${next}`)],
    answers: [200, 421],
    atOrigin: 1,
  },
];
