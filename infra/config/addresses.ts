import { Address4 } from "ip-address";

/** An IPv4 block: its first address as a number and the length of its prefix. */
export interface Block {
  readonly start: number;
  readonly prefix: number;
}

/** Length of the prefix of a slot: each region's share of the supernet is a /20, 4,096 addresses. */
export const SLOT_PREFIX = 20;

/**
 * Blocks whose addresses never route on the internet: RFC 1918, and RFC 6598's shared space, which AWS also takes
 * for a VPC. Any other block would hide somebody's public addresses from the nodes.
 */
const PRIVATE_BLOCKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map((text) =>
  parseBlock(text),
);

/** An IPv4 block in writing, without leading zeros. Whether it is aligned is another question. */
export const BLOCK_PATTERN =
  /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\/(?:3[0-2]|[12]?\d)$/;

/** Reads a block that matches BLOCK_PATTERN. A misaligned one keeps its address: see `isAligned`. */
export function parseBlock(text: string): Block {
  const address = new Address4(text);
  return { start: Number(address.bigInt()), prefix: address.subnetMask };
}

/** Writes a block: `10.64.0.0/20`. */
export function formatBlock(block: Block): string {
  return `${Address4.fromBigInt(BigInt(block.start)).correctForm()}/${String(block.prefix)}`;
}

/** Number of addresses of a block. */
function size(block: Block): number {
  return 2 ** (32 - block.prefix);
}

/** Whether the block begins at a multiple of its size. Others are refused, never rounded. */
export function isAligned(block: Block): boolean {
  return block.start % size(block) === 0;
}

/** The aligned block of the same size that holds the block's address. */
export function align(block: Block): Block {
  return { start: block.start - (block.start % size(block)), prefix: block.prefix };
}

export function contains(outer: Block, inner: Block): boolean {
  return outer.start <= inner.start && inner.start + size(inner) <= outer.start + size(outer);
}

export function overlaps(a: Block, b: Block): boolean {
  return a.start < b.start + size(b) && b.start < a.start + size(a);
}

/** Whether the whole block is private (RFC 1918) or shared (RFC 6598) address space. */
export function isPrivate(block: Block): boolean {
  return PRIVATE_BLOCKS.some((outer) => contains(outer, block));
}

/** How many slots a supernet has. */
export function slotCount(supernet: Block): number {
  return Math.floor(2 ** (SLOT_PREFIX - supernet.prefix));
}

/** Slot n of a supernet is its n-th /20, whichever other slots are in use. Undefined: the supernet is too small. */
export function slotBlock(supernet: Block, slot: number): Block | undefined {
  if (slot >= slotCount(supernet)) {
    return undefined;
  }
  return { start: supernet.start + slot * 2 ** (32 - SLOT_PREFIX), prefix: SLOT_PREFIX };
}
