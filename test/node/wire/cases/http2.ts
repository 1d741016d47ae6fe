import { block, END_HEADERS, END_STREAM, frame, type Field, type StreamEnd } from "../http2";
import { HOST } from "../watchedNode";
import { LAST_CHUNK, type Aims } from "./case";

/** One attack over HTTP/2 on stream 1, and all that may come of it. */
export interface Http2Case {
  readonly name: string;
  readonly frames: (aims: Aims) => readonly Buffer[];
  readonly end: StreamEnd;
  /** How many requests the origin sees; default 0. */
  readonly atOrigin?: number;
  /** The client closes when it has its answer: else the node has the stream for as long as its timeout for clients. */
  readonly leaves?: true;
}

const WHOLE = END_STREAM | END_HEADERS;

/** What every request says. */
export function fieldsOf(target: string, method = "GET"): Field[] {
  return [
    [":method", method],
    [":scheme", "https"],
    [":authority", HOST],
    [":path", target],
  ];
}

/** A request without a body. */
function headers(list: readonly Field[]): Buffer[] {
  return [frame("headers", WHOLE, 1, block(list))];
}

/** A POST with these further fields and this body. */
function post(target: string, more: readonly Field[], ...data: readonly string[]): Buffer[] {
  return [
    frame("headers", END_HEADERS, 1, block([...fieldsOf(target, "POST"), ...more])),
    ...data.map((each, i) => frame("data", i === data.length - 1 ? END_STREAM : 0, 1, each)),
  ];
}

/** The request with one pseudo-header set to something else. */
function instead(target: string, name: string, value: string): Buffer[] {
  return headers(fieldsOf(target).map((field) => (field[0] === name ? [name, value] : field)));
}

type Variant<T> = readonly [name: string, what: T, end: StreamEnd];

function ended<T>(frames: (what: T, aims: Aims) => readonly Buffer[]) {
  return ([name, what, end]: Variant<T>): Http2Case => ({
    name,
    frames: (aims) => frames(what, aims),
    end,
    atOrigin: end === 200 ? 1 : 0,
  });
}

/** What becomes of HTTP/2 when it is written as HTTP/1.1 for the origin: where does the request end there? */
export const DOWNGRADES: readonly Http2Case[] = [
  ...(
    [
      ["a length that the body has", [["content-length", "5"]], 200],
      ["a length of nothing", [["content-length", "0"]], "reset"],
      ["a length that is shorter than the body", [["content-length", "3"]], "reset"],
      ["a length that is longer than the body", [["content-length", "50"]], "reset"],
      ["a length that is no number", [["content-length", "5x"]], "reset"],
      ["a length with a sign", [["content-length", "+5"]], "reset"],
      ["an empty length", [["content-length", ""]], "reset"],
      [
        "two lengths",
        [
          ["content-length", "5"],
          ["content-length", "0"],
        ],
        "reset",
      ],
      ["a list of lengths", [["content-length", "5, 0"]], "reset"],
    ] satisfies readonly Variant<readonly Field[]>[]
  ).map(ended<readonly Field[]>((more, { target }) => post(target, more, "hello"))),
  ...(
    [
      ["transfer-encoding: chunked", ["transfer-encoding", "chunked"], "reset"],
      ["transfer-encoding: identity", ["transfer-encoding", "identity"], "reset"],
      ["connection", ["connection", "close"], "reset"],
      ["connection naming a field of the edge", ["connection", "x-footprint-client"], "reset"],
      ["keep-alive", ["keep-alive", "timeout=5"], "reset"],
      ["proxy-connection", ["proxy-connection", "keep-alive"], "reset"],
      ["upgrade", ["upgrade", "h2c"], "reset"],
      ["te: chunked", ["te", "chunked"], "reset"],
      ["te: trailers", ["te", "trailers"], 200],
      ["an upper-case name", ["X-Marker", "a"], "reset"],
      ["an upper-case Transfer-Encoding", ["Transfer-Encoding", "chunked"], "reset"],
      ["an empty name", ["", "a"], "closed"],
      ["a name with a space", ["x marker", "a"], "reset"],
      ["a name with a colon", ["x:marker", "a"], "reset"],
      ["a name with a line end", ["x\r\ntransfer-encoding: chunked\r\ny", "a"], "reset"],
      ["a name with a NUL", ["x\x00", "a"], "reset"],
      ["a name beyond ASCII", ["x\xff", "a"], "reset"],
      ["a value with CRLF", ["x", "a\r\ntransfer-encoding: chunked"], "reset"],
      ["a value with a LF", ["x", "a\ntransfer-encoding: chunked"], "reset"],
      ["a value with a CR", ["x", "a\rtransfer-encoding: chunked"], "reset"],
      ["a value with a NUL", ["x", "a\x00b"], "reset"],
      ["a value with a control character", ["x", "a\x01b"], 400],
      ["a pseudo-header after the fields", [":path", "/hidden/"], "reset"],
      ["an unknown pseudo-header", [":evil", "a"], "reset"],
      [":status in a request", [":status", "200"], "reset"],
      [":protocol, which nothing looks at", [":protocol", "websocket"], 200],
    ] satisfies readonly Variant<Field>[]
  ).map(ended<Field>((field, { target, hidden }) => post(target, [field], LAST_CHUNK + hidden))),
  {
    name: "a body without a length, which has one at the origin",
    frames: ({ target }) => post(target, [], "hel", "lo"),
    end: 200,
    atOrigin: 1,
  },
  {
    name: "a GET with a body",
    frames: ({ target, hidden }) => [
      frame("headers", END_HEADERS, 1, block([...fieldsOf(target), ["content-length", String(hidden.length)]])),
      frame("data", END_STREAM, 1, hidden),
    ],
    end: 400,
  },
  {
    name: "a GET with a body without a length",
    frames: ({ target, hidden }) => [
      frame("headers", END_HEADERS, 1, block(fieldsOf(target))),
      frame("data", END_STREAM, 1, hidden),
    ],
    end: 400,
  },
  {
    name: "a body that is broken off, of which the origin gets nothing",
    frames: ({ target }) => [
      frame("headers", END_HEADERS, 1, block(fieldsOf(target, "POST"))),
      frame("data", 0, 1, "a".repeat(16_000)),
      frame("data", 0, 1, "a".repeat(16_000)),
      frame("reset", 0, 1, Buffer.from([0, 0, 0, 8])),
    ],
    end: "closed",
  },
  {
    name: "trailers, with which nothing reaches the origin",
    frames: ({ target }) => [
      ...post(target, [], "hello").map((each, i) => (i === 1 ? frame("data", 0, 1, "hello") : each)),
      frame("headers", WHOLE, 1, block([["content-length", "3"]])),
    ],
    end: "reset",
    leaves: true,
  },
];

/** Who is asked for what, and how often it is said. */
export const PSEUDO_HEADERS: readonly Http2Case[] = [
  ...(
    [
      ["an empty :path", "", "reset"],
      ["a :path without a slash", "evil", "reset"],
      ["an absolute :path", `https://evil.example.org/`, "reset"],
      ["a :path with a space", "/a HTTP/1.1\r\nX: y", "reset"],
      ["a :path with one space", "/a b", "reset"],
      ["a :path with a tab", "/a\tb", "reset"],
      ["a :path with a CRLF", "/a\r\nX: y", "reset"],
      ["a :path with a NUL", "/a\x00", "reset"],
      ["a :path beyond ASCII", "/\xe9", 400],
      ["a :path with a fragment", "/a#evil", "reset"],
    ] satisfies readonly Variant<string>[]
  ).map(ended<string>((path, { target }) => instead(target, ":path", path))),
  ...(
    [
      ["a :method with a space", "GET /evil HTTP/1.1\r\nX: y", "reset"],
      ["a :method with one space", "GET /", 400],
      ["an empty :method", "", "reset"],
      ["a :method in lower case", "get", 405],
      ["a :method that nobody knows", "EVIL", 405],
      ["a :method with a NUL", "GET\x00", "reset"],
    ] satisfies readonly Variant<string>[]
  ).map(ended<string>((method, { target }) => instead(target, ":method", method))),
  ...(
    [
      ["another :scheme, which nothing looks at", "http", 200],
      ["a :scheme with a URL", "https://evil.example.org/?", 400],
      ["a :scheme with a line end", "https\r\nX: y", "reset"],
      ["an empty :scheme", "", 400],
    ] satisfies readonly Variant<string>[]
  ).map(ended<string>((scheme, { target }) => instead(target, ":scheme", scheme))),
  ...(
    [
      ["another :authority", "evil.example.org", 421],
      ["an empty :authority", "", 421],
      ["an :authority with user information", `evil@${HOST}`, "reset"],
      ["an :authority with a path", `${HOST}/evil`, "reset"],
      ["an :authority with a comma", `${HOST},evil.example.org`, "reset"],
      ["an :authority with a space", `${HOST} evil.example.org`, "reset"],
      ["an :authority with a line end", `${HOST}\r\nX: y`, "reset"],
      ["an :authority with a port, which ends here", `${HOST}:443`, 200],
    ] satisfies readonly Variant<string>[]
  ).map(ended<string>((authority, { target }) => instead(target, ":authority", authority))),
  ...[":method", ":scheme", ":path", ":authority"].map((name): Http2Case => ({
    name: `two of ${name}`,
    frames: ({ target }) => headers([...fieldsOf(target), ...fieldsOf(target).filter(([each]) => each === name)]),
    end: "reset",
  })),
  ...[":method", ":scheme", ":path"].map((name): Http2Case => ({
    name: `no ${name}`,
    frames: ({ target }) => headers(fieldsOf(target).filter(([each]) => each !== name)),
    end: "reset",
  })),
  ...(
    [
      ["host beside an equal :authority", [["host", HOST]], 200],
      ["another host beside :authority, which counts", [["host", "evil.example.org"]], 200],
      [
        "two hosts beside :authority, which counts",
        [
          ["host", HOST],
          ["host", "evil.example.org"],
        ],
        200,
      ],
    ] satisfies readonly Variant<readonly Field[]>[]
  ).map(ended<readonly Field[]>((more, { target }) => headers([...fieldsOf(target), ...more]))),
  ...(
    [
      ["host in place of :authority", [["host", HOST]], 200],
      ["another host in place of :authority", [["host", "evil.example.org"]], 421],
      ["neither host nor :authority", [], 400],
      [
        "two hosts in place of :authority, of which the first counts",
        [
          ["host", HOST],
          ["host", "evil.example.org"],
        ],
        200,
      ],
    ] satisfies readonly Variant<readonly Field[]>[]
  ).map(
    ended<readonly Field[]>((more, { target }) =>
      headers([...fieldsOf(target).filter(([name]) => name !== ":authority"), ...more]),
    ),
  ),
  {
    name: "an asterisk as :path, which is the root",
    frames: ({ target }) => instead(target, ":path", "*"),
    end: 200,
  },
  {
    name: "CONNECT of a WebSocket, which this site does not speak",
    frames: ({ target }) => [
      frame(
        "headers",
        END_HEADERS,
        1,
        block([...fieldsOf(target, "CONNECT"), [":protocol", "websocket"], ["sec-websocket-version", "13"]]),
      ),
    ],
    end: 501,
  },
  {
    name: "CONNECT",
    frames: () =>
      headers([
        [":method", "CONNECT"],
        [":authority", `${HOST}:443`],
      ]),
    end: 405,
  },
];

/** Frames that are out of place. */
export const FRAMES: readonly Http2Case[] = [
  {
    name: "a header block in pieces",
    frames: ({ target }) => {
      const whole = block(fieldsOf(target));
      return [
        frame("headers", END_STREAM, 1, whole.subarray(0, 10)),
        frame("continuation", 0, 1, whole.subarray(10, 20)),
        frame("continuation", END_HEADERS, 1, whole.subarray(20)),
      ];
    },
    end: 200,
    atOrigin: 1,
  },
  {
    name: "another frame within a header block",
    frames: ({ target }) => [
      frame("headers", END_STREAM, 1, block(fieldsOf(target))),
      frame("ping", 0, 0, Buffer.alloc(8)),
      frame("continuation", END_HEADERS, 1),
    ],
    end: "closed",
  },
  {
    name: "a continuation of nothing",
    frames: ({ target }) => [frame("continuation", WHOLE, 1, block(fieldsOf(target)))],
    end: "closed",
  },
  {
    name: "data before a header",
    frames: ({ hidden }) => [frame("data", END_STREAM, 1, hidden)],
    end: "closed",
  },
  {
    name: "data after the end of the stream",
    frames: ({ target, hidden }) => [...headers(fieldsOf(target)), frame("data", END_STREAM, 1, hidden)],
    end: "reset",
  },
  {
    name: "a stream of an even number",
    frames: ({ target }) => [frame("headers", WHOLE, 2, block(fieldsOf(target)))],
    end: "closed",
  },
  {
    name: "a header block that is no HPACK",
    frames: () => [frame("headers", WHOLE, 1, Buffer.alloc(20, 0xff))],
    end: "closed",
  },
  {
    name: "a request of HTTP/1.1 in place of frames",
    frames: ({ hidden }) => [Buffer.from(hidden)],
    end: "closed",
  },
  {
    name: "a header of 64 KB",
    frames: ({ target }) => {
      const whole = block([...fieldsOf(target), ["x", "a".repeat(65_536)]]);
      const pieces = Array.from({ length: Math.ceil(whole.length / 16_000) }, (_, i) =>
        whole.subarray(i * 16_000, (i + 1) * 16_000),
      );
      return pieces.map((piece, i) =>
        i === 0
          ? frame("headers", END_STREAM, 1, piece)
          : frame("continuation", i === pieces.length - 1 ? END_HEADERS : 0, 1, piece),
      );
    },
    end: "closed",
  },
  {
    name: "8 MB of continuations without an end",
    frames: ({ target }) => [
      frame("headers", END_STREAM, 1, block(fieldsOf(target))),
      ...Array.from({ length: 1_000 }, (_, i) => frame("continuation", 0, 1, block([[`x${i}`, "a".repeat(8_000)]]))),
    ],
    end: "closed",
  },
  {
    name: "1,000 empty continuations, which are one header",
    frames: ({ target }) => [
      frame("headers", END_STREAM, 1, block(fieldsOf(target))),
      ...Array.from({ length: 1_000 }, () => frame("continuation", 0, 1)),
      frame("continuation", END_HEADERS, 1),
    ],
    end: 200,
    atOrigin: 1,
  },
];
