import fc from "fast-check";
import { Address4, Address6 } from "ip-address";
import { MAX_ZONES, subnetCidr, subnetIpv6Cidr, VPC_PREFIX, type SubnetRole } from "../../components/subnets";

const ROLES: readonly SubnetRole[] = ["node", "public"];
const SLOTS = Array.from({ length: MAX_ZONES }, (_, zone) => ROLES.map((role) => ({ zone, role }))).flat();

describe("a subnet's IPv4 block", () => {
  test.each([
    ["10.64.0.0/20", 0, "node", "10.64.0.0/24"],
    ["10.64.0.0/20", 0, "public", "10.64.1.0/24"],
    ["10.64.0.0/20", 5, "node", "10.64.10.0/24"],
    ["10.64.16.0/20", 7, "public", "10.64.31.0/24"],
    ["10.0.0.0/16", 3, "node", "10.0.96.0/20"],
    ["192.168.7.0/24", 7, "public", "192.168.7.240/28"],
  ] as const)("of %s, zone %i, %s is %s", (vpc, zone, role, cidr) => {
    expect(subnetCidr(vpc, zone, role)).toBe(cidr);
  });

  test("lies within the VPC's, and overlaps no other's (P16)", () => {
    const vpcs = fc
      .tuple(fc.integer({ min: VPC_PREFIX.largest, max: VPC_PREFIX.smallest }), fc.nat(0xffffffff))
      .map(([prefix, address]) => {
        const start = new Address4(`${Address4.fromBigInt(BigInt(address)).correctForm()}/${prefix}`).startAddress();
        return `${start.correctForm()}/${prefix}`;
      });

    fc.assert(
      fc.property(vpcs, (vpc) => {
        const blocks = SLOTS.map(({ zone, role }) => new Address4(subnetCidr(vpc, zone, role)));
        const whole = new Address4(vpc);
        expect(blocks.filter((block) => !block.isInSubnet(whole))).toEqual([]);
        const starts = blocks.map((block) => block.startAddress().bigInt());
        const ends = blocks.map((block) => block.endAddress().bigInt());
        expect(starts.slice(1).filter((start, i) => start !== ends[i]! + 1n)).toEqual([]);
        expect(starts).toEqual(blocks.map((block) => block.bigInt()));
      }),
      { numRuns: 1000 },
    );
  });

  test("of the smallest VPC is what a load balancer needs, a /28", () => {
    expect(new Address4(subnetCidr(`10.0.0.0/${VPC_PREFIX.smallest}`, 0, "public")).subnetMask).toBe(28);
  });
});

describe("a subnet's IPv6 block", () => {
  test.each([
    ["2600:1f18:1234:5600::/56", 0, "node", "2600:1f18:1234:5600::/64"],
    ["2600:1f18:1234:5600::/56", 0, "public", "2600:1f18:1234:5601::/64"],
    ["2600:1f18:1234:56ff::/56", 7, "public", "2600:1f18:1234:560f::/64"],
  ] as const)("of %s, zone %i, %s is %s", (vpc, zone, role, cidr) => {
    expect(subnetIpv6Cidr(vpc, zone, role)).toBe(cidr);
  });

  test("is a /64 of its own within the VPC's", () => {
    const vpc = "2600:1f18:1234:5600::/56";
    const blocks = SLOTS.map(({ zone, role }) => subnetIpv6Cidr(vpc, zone, role));

    expect(new Set(blocks).size).toBe(2 * MAX_ZONES);
    expect(blocks.filter((block) => !new Address6(block).isInSubnet(new Address6(vpc)))).toEqual([]);
  });
});
