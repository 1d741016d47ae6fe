import { HOST } from "../watchedNode";
import { bare, get, post, type Case } from "./case";

/** What is said of connections, what comes after a request, and bodies where none belongs. */
export const CONNECTIONS: readonly Case[] = [
  {
    name: "two requests in one packet, each answered by itself",
    bytes: ({ target }) => [get(`${target}1`) + get(`${target}2`, "Connection: close")],
    answers: [200, 200],
    atOrigin: 2,
  },
  {
    name: "a request behind one that ends the connection",
    bytes: ({ target, hidden }) => [get(target, "Connection: close") + hidden],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "a broken request behind a good one",
    bytes: ({ target }) => [`${get(target)}EVIL\r\n\r\n`],
    answers: [200, 400],
    atOrigin: 1,
  },
  {
    name: "bytes behind the body's length",
    bytes: ({ target }) => [post(target, ["Content-Length: 5"], "helloEVIL / HTTP/9\r\n\r\n")],
    answers: [200, 400],
    atOrigin: 1,
  },
  {
    name: "a body that is shorter than its length, then the end",
    bytes: ({ target }) => [post(target, ["Content-Length: 50"], "hello")],
    answers: [],
  },
  {
    name: "an upgrade to cleartext HTTP/2, which is not taken up",
    bytes: ({ target, next }) => [
      get(target, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__") + next,
    ],
    answers: [200, 421],
    atOrigin: 1,
  },
  {
    name: "an upgrade to WebSocket, which is not taken up",
    bytes: ({ target }) => [
      get(
        target,
        "Connection: Upgrade, close",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ),
    ],
    answers: [200],
    atOrigin: 1,
  },
  // What Connection names ends at the next hop.
  ...["X-Footprint-Client", "x-footprint-wants", "X-Forwarded-Proto", "X-Request-ID", "CDN-Loop", "Via", "Host"].map(
    (field): Case => ({
      name: `Connection naming ${field}, which the edge says`,
      bytes: ({ target }) => [get(target, `Connection: close, ${field}`)],
      answers: [400],
    }),
  ),
  {
    name: "Connection naming the length of the body, which keeps it",
    bytes: ({ target }) => [post(target, ["Connection: close, Content-Length", "Content-Length: 5"], "hello")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "Connection naming the coding of the body",
    bytes: ({ target }) => [
      post(target, ["Connection: close, Transfer-Encoding", "Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"),
    ],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "internal fields, which end here",
    bytes: ({ target }) => [
      get(
        target,
        "X-Footprint-Client: evil",
        "X-Footprint-Origin-Auth: evil",
        "X-Footprint-Cache: evil",
        "X-Footprint-Wants: stale",
        "X-Footprint-Stale: 1",
        "X-Footprint-Query: evil",
        "Connection: close",
      ),
    ],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "Expect with a body in a piece of its own",
    bytes: ({ target }) => [post(target, ["Expect: 100-continue", "Content-Length: 5", "Connection: close"]), "hello"],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "Expect with something else",
    bytes: ({ target, hidden }) => [
      post(target, ["Expect: evil", "Content-Length: 5", "Connection: close"], `hello${hidden}`),
    ],
    answers: [417],
  },
  {
    name: "a GET with a body of a length",
    bytes: ({ target, hidden }) => [get(target, `Content-Length: ${hidden.length}`) + hidden],
    answers: [400],
  },
  {
    name: "a GET with a chunked body",
    bytes: ({ target, hidden }) => [
      `${get(target, "Transfer-Encoding: chunked")}${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    ],
    answers: [400],
  },
  {
    name: "a GET with an empty body",
    bytes: ({ target }) => [get(target, "Content-Length: 0", "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "a GET of HTTP/1.0 with a body",
    bytes: ({ target, hidden }) => [
      get(target, `Content-Length: ${hidden.length}`).replace("HTTP/1.1", "HTTP/1.0") + hidden,
    ],
    answers: [413],
  },
  {
    name: "a connection kept by HTTP/1.0, with the next request behind",
    bytes: ({ target }) => [
      bare(`GET ${target}1 HTTP/1.0`, `Host: ${HOST}`, "Connection: keep-alive") +
        bare(`GET ${target}2 HTTP/1.0`, `Host: ${HOST}`),
    ],
    answers: [200, 200],
    atOrigin: 2,
  },
];
