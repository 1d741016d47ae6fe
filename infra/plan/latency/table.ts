import { compare } from "../../config/problems";
import shipped from "../data/latency.json";

/** A place with its figures, before anybody has said how many users it has. */
export interface MeasuredPlace {
  readonly name: string;
  /** ISO 3166 code. */
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
  /** Round-trip time by region, ms; a region without a figure is absent. */
  readonly ms: Readonly<Record<string, number>>;
}

/**
 * Round-trip times between places and AWS regions. What the shipped figures are, where they come from, and what they are
 * not stands in `data/latency.json`, which `data/makeLatency.ts` makes.
 */
export interface LatencyTable {
  /** In code-unit order of their names. */
  readonly places: readonly MeasuredPlace[];
  /** Where the figures come from, with their date. */
  readonly source: string;
}

export const SHIPPED_LATENCY: LatencyTable = {
  places: shipped.places.map(({ ms, ...place }) => ({
    ...place,
    ms: Object.fromEntries(
      shipped.regions.flatMap((region, index) => {
        const figure = ms[index];
        return figure === null || figure === undefined ? [] : [[region, figure]];
      }),
    ),
  })),
  source: `WonderNetwork, ${shipped.date}`,
};

const standIns: Readonly<Record<string, string | undefined>> = shipped.regionCity;

/** Round-trip time between two regions, ms, by the city that stands in for the first; undefined without a figure. */
export function between(table: LatencyTable, a: string, b: string): number | undefined {
  return table.places.find(({ name }) => name === standIns[a])?.ms[b];
}

/** The regions that have a figure from any place, in code-unit order. */
export function measuredRegions(table: LatencyTable): readonly string[] {
  return [...new Set(table.places.flatMap(({ ms }) => Object.keys(ms)))].sort(compare);
}

/** What is known of a place beforehand: with coordinates it may be new. */
export type OwnPlace = Pick<MeasuredPlace, "name" | "country" | "ms"> & Partial<Pick<MeasuredPlace, "lat" | "lon">>;

/** The table with somebody's own figures in it: they win over the table's, figure by figure. */
export function withOwnFigures(table: LatencyTable, own: readonly OwnPlace[], source: string): LatencyTable {
  const places = new Map(table.places.map((place) => [place.name, place]));
  for (const { name, country, lat, lon, ms } of own) {
    const known = places.get(name);
    places.set(name, {
      name,
      country,
      lat: lat ?? known?.lat ?? 0,
      lon: lon ?? known?.lon ?? 0,
      ms: { ...known?.ms, ...ms },
    });
  }
  return {
    places: [...places.values()].sort((a, b) => compare(a.name, b.name)),
    source: `${source}, else ${table.source}`,
  };
}
