import {
  align,
  contains,
  formatBlock,
  isAligned,
  isPrivate,
  overlaps,
  parseBlock,
  slotBlock,
  slotCount,
  SLOT_PREFIX,
  type Block,
} from "./addresses";
import { compare } from "./problems";
import type { Finding, Rule, RuleContext } from "./rule";

const supernetSize: Rule = {
  id: "supernet-size",
  check: ({ input }) => {
    const { prefix } = parseBlock(input.supernet);
    return prefix >= 8 && prefix <= SLOT_PREFIX
      ? []
      : [{ path: ["supernet"], message: `must be a /8 to /${String(SLOT_PREFIX)}, got "${input.supernet}"` }];
  },
};

const supernetAligned: Rule = {
  id: "supernet-aligned",
  check: ({ input }) => alignment(["supernet"], input.supernet),
};

const supernetPrivate: Rule = {
  id: "supernet-private",
  check: ({ input }) => privacy(["supernet"], input.supernet),
};

/** A PoP without its own `cidr` takes its region's slot, which a small supernet does not have. */
const supernetSlots: Rule = {
  id: "supernet-slots",
  check: (context) => {
    const { input, known, regions } = context;
    if (!hasSoundSupernet(context)) {
      return [];
    }
    const slots = slotCount(parseBlock(input.supernet));
    return Object.keys(input.pops).flatMap((code) => {
      const slot = regions.get(code)?.slot;
      if (slot === undefined || slot < slots || input.pops[code]?.cidr !== undefined || !known("pops", code, "cidr")) {
        return [];
      }
      const needed = SLOT_PREFIX - Math.ceil(Math.log2(slot + 1));
      return [
        {
          path: ["supernet"],
          message: `must be a /${String(needed)} or wider to hold slot ${String(slot)} of ${code}, got "${input.supernet}" with ${String(slots)} slots`,
        },
      ];
    });
  },
};

/** Refuses a block that does not begin at a multiple of its size. */
function alignment(path: Finding["path"], text: string): readonly Finding[] {
  const block = parseBlock(text);
  return isAligned(block)
    ? []
    : [
        {
          path,
          message: `must begin at a multiple of its size, such as "${formatBlock(align(block))}", got "${text}"`,
        },
      ];
}

/** Refuses a block with public addresses. */
function privacy(path: Finding["path"], text: string): readonly Finding[] {
  return isPrivate(parseBlock(text))
    ? []
    : [
        {
          path,
          message: `must lie within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) or 100.64.0.0/10 (RFC 6598), got "${text}"`,
        },
      ];
}

/** Whether the supernet itself is in order, so that what lies in it can be judged. */
function hasSoundSupernet({ input, known }: RuleContext): boolean {
  const supernet = parseBlock(input.supernet);
  return known("supernet") && isAligned(supernet) && supernet.prefix <= SLOT_PREFIX;
}

/** The blocks that PoPs name, by region. */
function cidrs({ input }: RuleContext): readonly { readonly code: string; readonly cidr: string }[] {
  return Object.entries(input.pops).flatMap(([code, { cidr }]) => (cidr === undefined ? [] : [{ code, cidr }]));
}

/** AWS takes /16 to /28 for a VPC; below a /24 the subnets of all zones would not hold a large PoP. */
const cidrSize: Rule = {
  id: "cidr-size",
  check: (context) =>
    cidrs(context)
      .filter(({ cidr }) => parseBlock(cidr).prefix < 16 || parseBlock(cidr).prefix > 24)
      .map(({ code, cidr }) => ({ path: ["pops", code, "cidr"], message: `must be a /16 to /24, got "${cidr}"` })),
};

const cidrAligned: Rule = {
  id: "cidr-aligned",
  check: (context) => cidrs(context).flatMap(({ code, cidr }) => alignment(["pops", code, "cidr"], cidr)),
};

const cidrPrivate: Rule = {
  id: "cidr-private",
  check: (context) => cidrs(context).flatMap(({ code, cidr }) => privacy(["pops", code, "cidr"], cidr)),
};

const cidrSupernet: Rule = {
  id: "cidr-supernet",
  check: (context) =>
    cidrs(context)
      .filter(
        ({ cidr }) => hasSoundSupernet(context) && !contains(parseBlock(context.input.supernet), parseBlock(cidr)),
      )
      .map(({ code, cidr }) => ({
        path: ["pops", code, "cidr"],
        message: `must lie within the supernet ${context.input.supernet}, got "${cidr}"`,
      })),
};

/** The block of each PoP, as far as there is one: its own, else its region's slot. */
function blocks(context: RuleContext): readonly { readonly code: string; readonly block: Block }[] {
  const { input, known, regions } = context;
  return Object.entries(input.pops).flatMap(([code, { cidr }]) => {
    if (cidr !== undefined) {
      const block = parseBlock(cidr);
      return isAligned(block) ? [{ code, block }] : [];
    }
    const slot = regions.get(code)?.slot;
    if (slot === undefined || !known("pops", code, "cidr") || !hasSoundSupernet(context)) {
      return [];
    }
    const block = slotBlock(parseBlock(input.supernet), slot);
    return block === undefined ? [] : [{ code, block }];
  });
}

/** Said at the PoP that named its block; at the later of two that did. */
const cidrOverlap: Rule = {
  id: "cidr-overlap",
  check: (context) => {
    const all = [...blocks(context)].sort((a, b) => compare(a.code, b.code));
    const named = new Set(cidrs(context).map(({ code }) => code));
    return all.flatMap((first, position) =>
      all
        .slice(position + 1)
        .filter((second) => overlaps(first.block, second.block))
        .map((second) => {
          const [at, other] = named.has(second.code) ? [second, first] : [first, second];
          return {
            path: ["pops", at.code, "cidr"],
            message: `must not overlap ${formatBlock(other.block)} of ${other.code}, got "${formatBlock(at.block)}"`,
          };
        }),
    );
  },
};

/** Rules about the supernet and the PoPs' addresses. */
export const ADDRESS_RULES: readonly Rule[] = [
  supernetSize,
  supernetAligned,
  supernetPrivate,
  supernetSlots,
  cidrSize,
  cidrAligned,
  cidrPrivate,
  cidrSupernet,
  cidrOverlap,
];
