// Queries and answers as they travel (RFC 1035, RFC 6891, RFC 7871). Pure.

import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_DESIRED, TRUNCATED_RESPONSE, type Answer } from "dns-packet";
import type { DecodedPacket, OptAnswer, PacketOpt } from "dns-packet";
import { RCODES, type Question, type Reply } from "./answer";

/** Answers a question of a client at that address: where an answer depends on the place, this is the place. */
export type Answering = (question: Question, client: string) => Reply;

/** As many bytes of UDP pass everywhere (DNS flag day 2020); what is longer is asked for again by TCP. */
const UDP_LIMIT = 1232;
/** Without EDNS (RFC 1035, 4.2.1). */
const PLAIN_LIMIT = 512;

/** RFC 6891, 9: the upper bits of the response code 16. */
const BADVERS = 1;

/** IP families of client subnets, with the length of their addresses in bits (IANA's address family numbers). */
const ADDRESS_BITS: Readonly<Record<number, number | undefined>> = { 1: 32, 2: 128 };

/** An answer that depends on the place holds for such a part of the network; the lab's cities have one each. */
const SCOPES: Readonly<Record<number, number>> = { 1: 24, 2: 48 };

/**
 * The response to a message, or nothing for what is no query.
 *
 * @param source address of who sent it: a resolver, as a rule
 */
export function respond(
  message: Buffer,
  source: string,
  transport: "udp" | "tcp",
  answering: Answering,
): Buffer | null {
  // RFC 1035, 4.1.1: twelve bytes of header, the third with the bit of responses.
  if (message.length < 12 || ((message[2] ?? 0) & 0x80) !== 0) {
    return null;
  }
  const head = { id: message.readUInt16BE(0), flags: message.readUInt16BE(2) };
  if (((head.flags >> 11) & 0xf) !== 0) {
    return bare(head, RCODES.NOTIMP);
  }
  let query: DecodedPacket;
  try {
    query = decode(message);
  } catch {
    return bare(head, RCODES.FORMERR);
  }
  const [question, ...more] = query.questions ?? [];
  const options = (query.additionals ?? []).filter((each): each is OptAnswer => each.type === "OPT");
  // RFC 9619: one question. RFC 6891, 6.1.1: one OPT record at most.
  if (question === undefined || more.length > 0 || options.length > 1) {
    return bare(head, RCODES.FORMERR);
  }
  const [edns] = options;
  const subnet = edns?.options.find(isSubnet);
  const build = (reply: Reply, extended: number, scope: number): Buffer =>
    encoded(head, question, reply, edns === undefined ? [] : [opt(extended, subnet, scope)], edns, transport);
  if (edns !== undefined && edns.ednsVersion > 0) {
    return build(failure(RCODES.NOERROR), BADVERS, 0);
  }
  if (subnet !== undefined && !isWellFormed(subnet)) {
    return build(failure(RCODES.FORMERR), 0, 0);
  }
  if (question.class !== undefined && question.class !== "IN") {
    return build(failure(RCODES.REFUSED), 0, 0);
  }
  // RFC 7871, 7.1.2: no bits of an address mean that nothing is told of the client; then the resolver's place counts.
  const told = subnet !== undefined && (subnet.sourcePrefixLength ?? 0) > 0;
  const reply = answering({ name: question.name, type: question.type }, told ? (subnet.ip ?? source) : source);
  return build(reply, 0, told && reply.tailored ? (SCOPES[subnet.family ?? 0] ?? 0) : 0);
}

type Head = Readonly<Record<"id" | "flags", number>>;
type Subnet = Extract<PacketOpt, { ip: string | undefined }>;

function isSubnet(option: PacketOpt): option is Subnet {
  return option.code === 8;
}

/**
 * RFC 7871, 6 and 7.2.1: the address has as many bytes as the prefix needs, no bit beyond the prefix is set, and a query
 * has no scope. Of families other than IPv4 and IPv6 nothing is known.
 */
function isWellFormed({ data, family = 0, sourcePrefixLength = 0, scopePrefixLength }: Subnet): boolean {
  const bits = ADDRESS_BITS[family];
  const address = data?.subarray(4);
  if (bits === undefined || address === undefined || sourcePrefixLength > bits || scopePrefixLength !== 0) {
    return false;
  }
  const beyond = address.length * 8 - sourcePrefixLength;
  return beyond >= 0 && beyond < 8 && ((address.at(-1) ?? 0) & ((1 << beyond) - 1)) === 0;
}

/** RFC 7871, 7.2.1: family, prefix and address as in the query. Who sent no client subnet is sent none (7.2.2). */
function opt(extendedRcode: number, subnet: Subnet | undefined, scope: number): OptAnswer {
  const options: PacketOpt[] = [];
  if (subnet?.data !== undefined) {
    const data = Buffer.from(subnet.data);
    data.writeUInt8(scope, 3);
    options.push({ code: 8, ip: undefined, data });
  }
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize: UDP_LIMIT,
    extendedRcode,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options,
  };
}

function failure(rcode: Reply["rcode"]): Reply {
  return { rcode, answers: [], authorities: [], tailored: false };
}

/** A response to what cannot be read, without its question. */
function bare({ id, flags }: Head, rcode: number): Buffer {
  return encode({ type: "response", id, flags: (flags & (0xf << 11)) | (flags & RECURSION_DESIRED) | rcode });
}

function encoded(
  { id, flags }: Head,
  question: Question,
  { rcode, answers, authorities }: Reply,
  additionals: OptAnswer[],
  edns: OptAnswer | undefined,
  transport: "udp" | "tcp",
): Buffer {
  const authority = rcode === RCODES.NOERROR || rcode === RCODES.NXDOMAIN ? AUTHORITATIVE_ANSWER : 0;
  const message = (sections: { answers: Answer[]; authorities: Answer[] }, more: number): Buffer =>
    encode({
      type: "response",
      id,
      flags: (flags & RECURSION_DESIRED) | authority | rcode | more,
      questions: [question as { name: string; type: Answer["type"] }],
      additionals,
      ...sections,
    });
  const whole = message({ answers: [...answers], authorities: [...authorities] }, 0);
  const offered = edns === undefined ? PLAIN_LIMIT : Math.max(PLAIN_LIMIT, edns.udpPayloadSize);
  // RFC 2181, 9: who sees the bit ignores what is there and asks by TCP.
  return transport === "udp" && whole.length > Math.min(offered, UDP_LIMIT)
    ? message({ answers: [], authorities: [] }, TRUNCATED_RESPONSE)
    : whole;
}
