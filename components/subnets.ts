import { Address4, Address6 } from "ip-address";

/**
 * Where a zone's subnets lie in the VPC's block.
 *
 * The block is cut into 16 equal parts: zone n has part 2n for its nodes and part 2n + 1 for what faces the
 * internet. So a /20 gives /24 subnets, and taking a zone in or out moves no other zone's addresses. Eight zones fit;
 * the largest region has six.
 */
const PART_BITS = 4;
export const MAX_ZONES = 2 ** (PART_BITS - 1);

/** A load balancer wants a /28 at least, so the VPC's block may be a /24 at most. */
export const VPC_PREFIX = { largest: 16, smallest: 24 } as const;

export type SubnetRole = "node" | "public";

/** Number of the subnet of a zone and role: below 16, and the /64 of the same number in the VPC's IPv6 block. */
function partNumber(zoneNumber: number, role: SubnetRole): number {
  return 2 * zoneNumber + (role === "node" ? 0 : 1);
}

/**
 * IPv4 block of a zone's subnet.
 *
 * @param vpcCidr the VPC's block, /16 to /24
 */
export function subnetCidr(vpcCidr: string, zoneNumber: number, role: SubnetRole): string {
  const vpc = new Address4(vpcCidr);
  const prefix = vpc.subnetMask + PART_BITS;
  const size = 1n << BigInt(32 - prefix);
  const start = vpc.startAddress().bigInt() + size * BigInt(partNumber(zoneNumber, role));
  return `${Address4.fromBigInt(start).correctForm()}/${String(prefix)}`;
}

/**
 * IPv6 block of a zone's subnet: always a /64, the only size that a subnet takes.
 *
 * @param vpcCidr the /56 that Amazon gave to the VPC
 */
export function subnetIpv6Cidr(vpcCidr: string, zoneNumber: number, role: SubnetRole): string {
  const start = new Address6(vpcCidr).startAddress().bigInt() + (BigInt(partNumber(zoneNumber, role)) << 64n);
  return `${Address6.fromBigInt(start).correctForm()}/64`;
}
