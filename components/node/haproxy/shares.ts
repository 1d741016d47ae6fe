import { bound, type BoundName } from "../limits";

export interface Shared {
  /** What a stick counter says that one of them has now, as a fetch of HAProxy. */
  readonly has: string;
  /** What all have now. */
  readonly all: string;
  readonly bounds: { readonly of: BoundName; readonly shared: BoundName; readonly one: BoundName };
  /** How many share the bound. */
  readonly count: number;
}

/**
 * Conditions that say who is refused where many share a bound: a quarter of it is kept in equal parts, so that who has
 * less than its part is never refused; the rest is for who comes first, up to a bound of its own. So all together never
 * have more than the bound, and nobody waits for another.
 */
export function refusedShares(name: string, { has, all, bounds, count }: Shared): { acl: string; when: string[] } {
  return {
    acl: `acl ${name} ${has},mul(${String(4 * Math.max(count, 1))}) le ${bound(bounds.of)}`,
    when: [
      `if { ${all} gt ${bound(bounds.shared)} } !${name}`,
      ...(count > 1 ? [`if { ${has} gt ${bound(bounds.one)} } !${name}`] : []),
    ],
  };
}
