import type { Place } from "../latency/answers";
import type { PopLoad } from "../latency/loads";

/**
 * All that the page shows, as plain data: whoever has it can make a page, a running deployment or a lab as well as the
 * plan. The page computes nothing but who is answered by whom, by the model of the plan.
 */
export interface PageData {
  /** Heading: the stack's name. */
  readonly title: string;
  /** What the figures are and are not, in sentences. */
  readonly notes: readonly string[];
  readonly places: readonly Place[];
  /** PoPs that are there, and regions that may be added. */
  readonly regions: readonly PageRegion[];
  /** Region in which the origin is taken to be. */
  readonly origin: string;
}

export interface PageRegion {
  /** Region code. */
  readonly code: string;
  /** AWS's name of it. */
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  /** A PoP that takes users, one that takes none for now, or a region that has none. */
  readonly state: "active" | "drained" | "possible";
  /** What it has to carry and can, Gbit/s; null for a region without a PoP. */
  readonly load: PopLoad | null;
  /** Whether `load.load` is a configured peak, or the capacity at minimum size. */
  readonly loadIsPeak: boolean;
  /** Dollars a month at least, as a reader shall see it; null where nobody knows. */
  readonly monthly: string | null;
}
