import { contains, formatBlock, overlaps, parseBlock, slotBlock, isAligned, type Block } from "./addresses";
import type { Rule, RuleContext } from "./rule";
import { alignment, hasSoundSupernet, privacy } from "./rulesFootprint";
import { compare } from "./problems";

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
      .filter(({ cidr }) => hasSoundSupernet(context) && !contains(parseBlock(context.input.supernet), parseBlock(cidr)))
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

/** Rules about the PoPs' addresses. */
export const ADDRESS_RULES: readonly Rule[] = [cidrSize, cidrAligned, cidrPrivate, cidrSupernet, cidrOverlap];
