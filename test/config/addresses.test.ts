import { isIPv4 } from "node:net";
import {
  align,
  BLOCK_PATTERN,
  contains,
  formatBlock,
  isAligned,
  isPrivate,
  overlaps,
  parseBlock,
  slotBlock,
  slotCount,
} from "../../infra/config/addresses";
import { some } from "../support/some";

const block = parseBlock;

describe("a block in writing", () => {
  // The witness of addresses is Node's own parser.
  test("has four numbers of a byte, without leading zeros", () => {
    const texts = [...Array(300).keys()].flatMap((n) => [String(n), `0${String(n)}`, `${String(n)}x`, `x${String(n)}`]);
    const addresses = texts.flatMap((text) => [`${text}.0.0.0`, `1.2.${text}.3`, `10.64.0.${text}`]);

    const differing = some(addresses).filter((address) => BLOCK_PATTERN.test(`${address}/20`) !== isIPv4(address));
    expect(differing).toEqual([]);
    expect(["1.2.3/20", "1.2.3.4.5/20", "1.2.3./20", "/20", "1.2.3.4", "1a2a3a4/20"].filter(matches)).toEqual([]);
  });

  test("has a prefix of 0 to 32", () => {
    const prefixes = [...[...Array(130).keys()].map(String), "", "00", "01", "-1", "2x", "x2", "3 "];

    expect(prefixes.filter((prefix) => matches(`10.0.0.0/${prefix}`))).toEqual([...Array(33).keys()].map(String));
  });

  test("is written as it was read, aligned or not", () => {
    const texts = ["0.0.0.0/0", "10.64.0.0/14", "10.64.1.7/20", "192.168.255.255/32", "255.255.255.255/8"];

    expect(texts.map((text) => formatBlock(block(text)))).toEqual(texts);
  });

  function matches(text: string): boolean {
    return BLOCK_PATTERN.test(text);
  }
});

// As Python's ipaddress has it: ip_network(text, strict=False), subnet_of, overlaps.
describe("a block", () => {
  const aligned = (text: string) => isAligned(block(text));

  test("begins at a multiple of its size, or is put where it would", () => {
    expect(["10.64.0.0/14", "10.64.16.0/20", "10.0.0.1/32"].map(aligned)).toEqual([true, true, true]);
    expect(["10.65.0.0/14", "10.64.1.0/20", "10.0.0.1/31"].map(aligned)).toEqual([false, false, false]);
    expect(
      ["10.67.255.255/14", "10.64.31.255/20", "10.64.16.0/20"].map((text) => formatBlock(align(block(text)))),
    ).toEqual(["10.64.0.0/14", "10.64.16.0/20", "10.64.16.0/20"]);
  });

  test.each([
    ["10.64.0.0/14", "10.64.0.0/14", true, true],
    ["10.64.0.0/14", "10.64.0.0/20", true, true],
    ["10.64.0.0/14", "10.67.240.0/20", true, true],
    ["10.64.0.0/14", "10.68.0.0/20", false, false],
    ["10.64.0.0/14", "10.63.240.0/20", false, false],
    ["10.64.0.0/20", "10.64.0.0/14", false, true],
    ["10.67.240.0/20", "10.64.0.0/14", false, true],
  ])("%s: holds %s: %p, overlaps it: %p", (a, b, holds, meets) => {
    expect(contains(block(a), block(b))).toBe(holds);
    expect(overlaps(block(a), block(b))).toBe(meets);
  });

  test.each([
    ["10.0.0.0/8", true],
    ["172.16.0.0/12", true],
    ["172.31.255.0/24", true],
    ["192.168.0.0/16", true],
    ["100.64.0.0/10", true],
    ["100.127.255.255/32", true],
    ["9.255.255.255/32", false],
    ["11.0.0.0/32", false],
    ["172.32.0.0/24", false],
    ["192.169.0.0/24", false],
    ["100.128.0.0/24", false],
    ["172.16.0.0/11", false],
  ])("%s is of no use to the Internet (RFC 1918, RFC 6598): %p", (text, expected) => {
    expect(isPrivate(block(text))).toBe(expected);
  });

  test("has a slot for each whole /20 in it", () => {
    const slots = (text: string) => slotCount(block(text));

    expect(["10.0.0.0/8", "10.64.0.0/14", "10.64.0.0/20", "10.64.0.0/21"].map(slots)).toEqual([4096, 64, 1, 0]);
    expect(slotBlock(block("10.64.0.0/20"), 0)).toEqual(block("10.64.0.0/20"));
    expect(slotBlock(block("10.64.0.0/20"), 1)).toBeUndefined();
    expect(slotBlock(block("10.64.0.0/21"), 0)).toBeUndefined();
  });
});
