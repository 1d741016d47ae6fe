import { geoNaturalEarth1, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import land from "world-atlas/land-110m.json";
import { svg } from "./dom";

const WIDTH = 960;
const HEIGHT = 470;

export interface Point {
  readonly lat: number;
  readonly lon: number;
}

/** A map of the world without anything on it. */
export interface World {
  /** @param layers what lies on the land, from below */
  readonly element: (name: string, layers: readonly SVGElement[]) => SVGSVGElement;
  /** Where a place is on the map. */
  readonly at: (place: Point) => readonly [number, number];
  /** The shortest way between two places, as the data of a path. */
  readonly way: (from: Point, to: Point) => string;
}

export function world(): World {
  const projection = geoNaturalEarth1().fitExtent(
    [
      [4, 4],
      [WIDTH - 4, HEIGHT + 45],
    ],
    { type: "Sphere" },
  );
  const path = geoPath(projection).digits(1);
  // The atlas is read as JSON, whose types are wider than the format's.
  const topology = land as object as Topology<{ land: GeometryCollection }>;
  return {
    element: (name, layers) =>
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": name },
        svg("path", { class: "sphere", d: path({ type: "Sphere" }) ?? "" }),
        svg("path", { class: "land", d: path(feature(topology, topology.objects.land)) ?? "" }),
        ...layers,
      ),
    at: ({ lon, lat }) => projection([lon, lat]) ?? [0, 0],
    way: (from, to) =>
      path({
        type: "LineString",
        coordinates: [
          [from.lon, from.lat],
          [to.lon, to.lat],
        ],
      }) ?? "",
  };
}

/** A hue for each PoP by its place in the list, as far apart as the golden angle makes neighbours. */
export function hue(index: number): string {
  return String(Math.round((index * 137.5) % 360));
}

/** Room that a label takes. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

/** About the width of a letter of the labels, and their height. */
const LETTER = 5.6;
const LINE = 11;

/**
 * A label right of its mark, else left of it, below or above; none where all of that is taken. Tables hold what it says.
 *
 * @param taken boxes of what stands already; this one's is added
 */
export function label(text: string, [x, y]: readonly [number, number], taken: Box[]): SVGTextElement[] {
  const width = text.length * LETTER;
  const beside = (anchor: string, dx: number, left: number) => ({ anchor, dx, dy: 4, left: x + left, y });
  const under = (dy: number) => ({ anchor: "middle", dx: 0, dy, left: x - width / 2, y: y + dy - 4 });
  const free = [beside("start", 9, 9), beside("end", -9, -9 - width), under(18), under(-10)]
    .map((place) => ({ ...place, right: place.left + width }))
    .find(
      (place) =>
        place.left >= 0 &&
        place.right <= WIDTH &&
        !taken.some((box) => Math.abs(box.y - place.y) < LINE && box.left < place.right && place.left < box.right),
    );
  if (free === undefined) {
    return [];
  }
  taken.push(free);
  return [svg("text", { x: free.dx, y: free.dy, "text-anchor": free.anchor, "aria-hidden": "true" }, text)];
}
