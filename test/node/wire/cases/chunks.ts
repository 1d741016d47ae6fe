import { chunk, LAST_CHUNK, post, type Case } from "./case";

/** Name, and a body that hides a request. */
type Body = readonly [string, (hidden: string) => string];

/** Bodies of the chunked coding with mistakes that one server overlooks and another does not. */
export const CHUNKS: readonly Case[] = [
  {
    name: "a well-formed body in pieces",
    bytes: ({ target }) => [
      post(target, ["Transfer-Encoding: chunked", "Connection: close"], "5\r\nhe"),
      "llo\r",
      "\n0\r\n",
      "\r\n",
    ],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "extensions, which end here",
    bytes: ({ target }) => [
      post(target, ["Transfer-Encoding: chunked", "Connection: close"], `5;a=b;c="d"\r\nhello\r\n${LAST_CHUNK}`),
    ],
    answers: [200],
    atOrigin: 1,
  },
  ...(
    [
      ["a size that is no number", (hidden: string) => chunk(hidden, "g")],
      ["an empty size", (hidden: string) => chunk(hidden, "")],
      ["a size with 0x", (hidden: string) => chunk(hidden, `0x${hidden.length.toString(16)}`)],
      ["a negative size", (hidden: string) => chunk(hidden, "-1")],
      ["a size with a sign", (hidden: string) => chunk(hidden, `+${hidden.length.toString(16)}`)],
      ["a size after a space", (hidden: string) => chunk(hidden, ` ${hidden.length.toString(16)}`)],
      ["a size in two words", (hidden: string) => chunk(hidden, "5 5")],
      ["a size beyond 64 bits", (hidden: string) => chunk(hidden, "fffffffffffffffff")],
      ["a size that wraps round to 5", (hidden: string) => `10000000000000005\r\nhello\r\n${LAST_CHUNK}${hidden}`],
      ["a size with a NUL", (hidden: string) => `5\x00\r\nhello\r\n${LAST_CHUNK}${hidden}`],
      ["a bare LF after the size", (hidden: string) => `5\nhello\r\n${LAST_CHUNK}${hidden}`],
      ["a bare CR after the size", (hidden: string) => `5\rhello\r\n${LAST_CHUNK}${hidden}`],
      ["a bare LF in an extension", (hidden: string) => `5;a\nhello\r\n${LAST_CHUNK}${hidden}`],
      ["a bare LF after the data", (hidden: string) => `5\r\nhello\n${LAST_CHUNK}${hidden}`],
      ["nothing after the data", (hidden: string) => `5\r\nhello${LAST_CHUNK}${hidden}`],
      ["two bytes that are no CRLF after the data", (hidden: string) => `5\r\nhelloXX${LAST_CHUNK}${hidden}`],
      ["data longer than the size", (hidden: string) => `5\r\nhello world\r\n${LAST_CHUNK}${hidden}`],
      ["a bare LF at the end", (hidden: string) => `5\r\nhello\r\n0\n\n${hidden}`],
      ["a trailer that names a coding", (hidden: string) => `5\r\nhello\r\n0\r\nTransfer-Encoding: x\r\n\r\n${hidden}`],
      ["a trailer without a colon", (hidden: string) => `5\r\nhello\r\n0\r\nno colon\r\n\r\n${hidden}`],
      ["a trailer with a NUL", (hidden: string) => `5\r\nhello\r\n0\r\nX: \x00\r\n\r\n${hidden}`],
    ] satisfies readonly Body[]
  ).map(([name, body]): Case => ({
    name,
    bytes: ({ target, hidden }) => [post(target, ["Transfer-Encoding: chunked"], body(hidden))],
    answers: [400],
  })),
  // A body that is not whole: the origin gets no whole request.
  ...(
    [
      ["a size beyond 32 bits", (hidden) => `100000005\r\nhello\r\n${LAST_CHUNK}${hidden}`],
      ["no CRLF at the end", () => "5\r\nhello\r\n0\r\n"],
      ["no last chunk", () => chunk("hello")],
      ["no last chunk after 128 KB", () => chunk("a".repeat(131_072))],
    ] satisfies readonly Body[]
  ).map(([name, body]): Case => ({
    name,
    bytes: ({ target, hidden }) => [post(target, ["Transfer-Encoding: chunked"], body(hidden))],
    answers: [],
  })),
  {
    name: "a broken chunk after 128 KB",
    bytes: ({ target, hidden }) => [
      post(target, ["Transfer-Encoding: chunked"], chunk("a".repeat(131_072))),
      `5\r\nhelloXX${LAST_CHUNK}${hidden}`,
    ],
    answers: [400],
  },
  {
    name: "trailers that would change what the request is",
    bytes: ({ target }) => [
      post(
        target,
        ["Transfer-Encoding: chunked", "Connection: close"],
        "5\r\nhello\r\n0\r\nContent-Length: 3\r\nHost: evil.example.org\r\n\r\n",
      ),
    ],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "trailers that end in bare LFs, with a request behind",
    bytes: ({ target, next }) => [post(target, ["Transfer-Encoding: chunked"], `5\r\nhello\r\n0\r\nX: y\n\n${next}`)],
    answers: [200, 421],
    atOrigin: 1,
  },
  {
    name: "2 MB, which are served",
    bytes: ({ target }) => [
      post(target, ["Transfer-Encoding: chunked", "Connection: close"], chunk("a".repeat(2_097_152)) + LAST_CHUNK),
    ],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "128 KB, which are served",
    bytes: ({ target }) => [
      post(target, ["Transfer-Encoding: chunked", "Connection: close"], chunk("a".repeat(131_072)) + LAST_CHUNK),
    ],
    answers: [200],
    atOrigin: 1,
  },
];
