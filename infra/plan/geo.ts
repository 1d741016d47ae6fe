import { type Region, region } from "../config/regions";

/** Mean radius of the earth, km (IUGG). */
const EARTH_RADIUS = 6371;

export interface Neighbour {
  readonly region: string;
  /** Great-circle distance, km. */
  readonly distance: number;
}

type Place = Pick<Region, "lat" | "lon">;

/** Great-circle distance of two places, km (haversine formula). */
export function greatCircle(a: Place, b: Place): number {
  const half = (degrees: number): number => Math.sin((degrees * Math.PI) / 360) ** 2;
  const cosine = (degrees: number): number => Math.cos((degrees * Math.PI) / 180);
  const chord = half(b.lat - a.lat) + cosine(a.lat) * cosine(b.lat) * half(b.lon - a.lon);
  // Rounding can lift the chord of two antipodes a hair above 1, where the arc sine is not a number.
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(Math.min(1, chord)));
}

/**
 * The other regions, nearest first, equal distances in code-unit order of their codes. Distance stands for the latency
 * by which Route 53 chooses: the offline plan has no measurement, and which PoP is nearest rarely differs.
 */
export function neighbours(of: string, among: readonly string[]): readonly Neighbour[] {
  const here = region(of);
  return among
    .filter((code) => code !== of)
    .map((code) => ({ region: code, distance: greatCircle(here, region(code)) }))
    .sort((a, b) => a.distance - b.distance || (a.region < b.region ? -1 : 1));
}
