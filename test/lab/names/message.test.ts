import { respond, type Answering } from "../../../infra/lab/names/message";
import type { Question, Reply } from "../../../infra/lab/names/answer";
import { some } from "../../support/some";

// Queries are written and answers are read byte by byte here, as the RFCs draw them: the codec is what is tested.

const QUESTION = Buffer.concat([labels("www", "example", "com"), u16(1), u16(1)]);

function labels(...parts: string[]): Buffer {
  return Buffer.concat([
    ...parts.map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)])),
    Buffer.from([0]),
  ]);
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

interface Query {
  readonly flags?: number;
  readonly questions?: readonly Buffer[];
  /** OPT records. */
  readonly opts?: readonly Buffer[];
}

/** RFC 1035, 4.1.1. */
function query({ flags = 0x0100, questions = [QUESTION], opts = [] }: Query = {}): Buffer {
  const counts = [questions.length, 0, 0, opts.length].map(u16);
  return Buffer.concat([u16(0xbeef), u16(flags), ...counts, ...questions, ...opts]);
}

/** RFC 6891, 6.1.2: root, type 41, payload size, extended code, version, flags, options. */
function opt(options: Buffer = Buffer.alloc(0), { size = 4096, version = 0 } = {}): Buffer {
  return Buffer.concat([
    Buffer.from([0]),
    u16(41),
    u16(size),
    Buffer.from([0, version]),
    u16(0),
    u16(options.length),
    options,
  ]);
}

/** RFC 7871, 6: option 8, length, family, two prefixes, address. */
function subnet(family: number, source: number, scope: number, address: readonly number[]): Buffer {
  return Buffer.concat([u16(8), u16(4 + address.length), u16(family), Buffer.from([source, scope, ...address])]);
}

const REPLY: Reply = {
  rcode: 0,
  answers: [{ type: "A", name: "www.example.com", ttl: 60, data: "192.0.2.1" }],
  authorities: [],
  tailored: true,
};

const SOURCE = "198.51.100.53";

function exchange(message: Buffer, reply: Reply = REPLY, transport: "udp" | "tcp" = "udp") {
  const asked: [Question, string][] = [];
  const answering: Answering = (question, client) => {
    asked.push([question, client]);
    return reply;
  };
  return { response: respond(message, SOURCE, transport, answering), asked };
}

/** What the header says, and what follows the question. */
function read(response: Buffer | null) {
  const bytes = response ?? Buffer.alloc(12);
  const flags = bytes.readUInt16BE(2);
  const counts = [4, 6, 8, 10].map((offset) => bytes.readUInt16BE(offset));
  return {
    id: bytes.readUInt16BE(0),
    response: flags >> 15,
    authoritative: (flags >> 10) & 1,
    truncated: (flags >> 9) & 1,
    recursion: { desired: (flags >> 8) & 1, available: (flags >> 7) & 1 },
    rcode: flags & 0xf,
    counts,
    rest: counts[0] === 1 ? bytes.subarray(12 + QUESTION.length) : bytes.subarray(12),
  };
}

const ANSWER = Buffer.concat([
  labels("www", "example", "com"),
  u16(1),
  u16(1),
  u16(0),
  u16(60),
  u16(4),
  Buffer.from([192, 0, 2, 1]),
]);

describe("a query", () => {
  test("is answered with authority, with its id and its question (RFC 1035, 4.1)", () => {
    const { response, asked } = exchange(query());
    expect(read(response)).toEqual({
      id: 0xbeef,
      response: 1,
      authoritative: 1,
      truncated: 0,
      recursion: { desired: 1, available: 0 },
      rcode: 0,
      counts: [1, 1, 0, 0],
      rest: ANSWER,
    });
    expect(response?.subarray(12, 12 + QUESTION.length)).toEqual(QUESTION);
    expect(asked).toEqual([[{ name: "www.example.com", type: "A" }, SOURCE]]);
  });

  test("that is none is not answered: a response, or less than a header", () => {
    expect(exchange(query({ flags: 0x8000 })).response).toBeNull();
    expect(exchange(Buffer.alloc(11)).response).toBeNull();
  });

  test("of another kind is not implemented, and a malformed one is said to be so", () => {
    expect(read(exchange(query({ flags: 5 << 11 })).response)).toMatchObject({ rcode: 4, counts: [0, 0, 0, 0] });
    const malformed = [
      query({ questions: [Buffer.from([63, 1, 2])] }),
      // RFC 9619: one question, no more and no less.
      query({ questions: [QUESTION, QUESTION] }),
      query({ questions: [] }),
      // RFC 6891, 6.1.1: one OPT record.
      query({ opts: [opt(), opt()] }),
    ];
    expect(some(malformed).map((message) => read(exchange(message).response).rcode)).toEqual(malformed.map(() => 1));
  });

  test("of another class than the Internet's is refused", () => {
    const chaos = Buffer.concat([labels("version", "bind"), u16(16), u16(3)]);
    expect(read(exchange(query({ questions: [chaos] })).response)).toMatchObject({ rcode: 5, authoritative: 0 });
  });

  test("of an unknown version of EDNS is told so: BADVERS (RFC 6891, 6.1.3)", () => {
    const { response, asked } = exchange(query({ opts: [opt(undefined, { version: 1 })] }));
    const { rest, counts } = read(response);
    expect(counts).toEqual([1, 0, 0, 1]);
    // Upper bits of the code 16 and the version that is spoken, after root, type and size.
    expect(rest.subarray(5, 7)).toEqual(Buffer.from([1, 0]));
    expect(asked).toEqual([]);
  });
});

describe("a long answer", () => {
  const long: Reply = { ...REPLY, answers: Array.from({ length: 20 }, () => REPLY.answers[0]!) };

  test("is asked for again by TCP: 512 bytes by UDP without EDNS, with it what was offered, at most 1,232", () => {
    const size = 12 + QUESTION.length + 20 * ANSWER.length;
    expect(size).toBeGreaterThan(512);
    expect(read(exchange(query(), long).response)).toMatchObject({ truncated: 1, counts: [1, 0, 0, 0] });
    expect(read(exchange(query({ opts: [opt(undefined, { size: 600 })] }), long).response)).toMatchObject({
      truncated: 1,
    });
    expect(read(exchange(query({ opts: [opt()] }), long).response)).toMatchObject({
      truncated: 0,
      counts: [1, 20, 0, 1],
    });
    const longer: Reply = { ...long, answers: [...long.answers, ...long.answers] };
    expect(read(exchange(query({ opts: [opt()] }), longer).response)).toMatchObject({
      truncated: 1,
      counts: [1, 0, 0, 1],
    });
    expect(read(exchange(query(), longer, "tcp").response)).toMatchObject({ truncated: 0, counts: [1, 40, 0, 0] });
  });
});

describe("the client's subnet (RFC 7871)", () => {
  const withSubnet = (option: Buffer, reply?: Reply) => exchange(query({ opts: [opt(option)] }), reply);

  test("counts instead of the resolver's address, and is sent back with the part for which the answer holds (7.2.1)", () => {
    const { response, asked } = withSubnet(subnet(1, 24, 0, [192, 0, 2]));
    expect(asked[0]?.[1]).toBe("192.0.2.0");
    expect(read(response).rest.subarray(ANSWER.length + 11)).toEqual(subnet(1, 24, 24, [192, 0, 2]));
  });

  test("counts by IPv6, too", () => {
    const { response, asked } = withSubnet(subnet(2, 56, 0, [0x20, 1, 0xd, 0xb8, 0, 0, 1]));
    expect(asked[0]?.[1]).toBe("2001:db8:0:100::");
    expect(read(response).rest.subarray(ANSWER.length + 11)).toEqual(subnet(2, 56, 48, [0x20, 1, 0xd, 0xb8, 0, 0, 1]));
  });

  test("has no part where the answer is the same for everybody", () => {
    const { response } = withSubnet(subnet(1, 24, 0, [192, 0, 2]), { ...REPLY, tailored: false });
    expect(read(response).rest.subarray(ANSWER.length + 11)).toEqual(subnet(1, 24, 0, [192, 0, 2]));
  });

  test("of no bits tells nothing: the resolver's address counts, and the answer is for that (7.1.2)", () => {
    const { response, asked } = withSubnet(subnet(1, 0, 0, []));
    expect(asked[0]?.[1]).toBe(SOURCE);
    expect(read(response).rest.subarray(ANSWER.length + 11)).toEqual(subnet(1, 0, 0, []));
  });

  test("is not sent to who sent none", () => {
    expect(read(exchange(query({ opts: [opt()] })).response).rest.subarray(ANSWER.length)).toHaveLength(11);
  });

  test("is refused where it is malformed: its length, its bits beyond the prefix, a scope in a query, its family (6, 7.2.1)", () => {
    const malformed = [
      subnet(1, 24, 0, [192, 0, 2, 0]),
      subnet(1, 24, 0, [192, 0]),
      subnet(1, 20, 0, [192, 0, 0x1f]),
      subnet(1, 33, 0, [192, 0, 2, 0, 0]),
      subnet(1, 24, 24, [192, 0, 2]),
      subnet(3, 24, 0, [192, 0, 2]),
    ];
    for (const option of some(malformed)) {
      const { response, asked } = withSubnet(option);
      expect(read(response)).toMatchObject({ rcode: 1, counts: [1, 0, 0, 1] });
      expect(asked).toEqual([]);
    }
  });
});
