import { geoNaturalEarth1, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import land from "world-atlas/land-110m.json";
import { ms } from "../../latency/words";
import type { PageData } from "../data";
import type { Row, Scenario } from "../scenario";
import { svg } from "./dom";
import { placeText, rowText } from "./texts";

const WIDTH = 960;
const HEIGHT = 470;
/** A place with all users would have this radius; areas are in proportion to users. */
const RADIUS = 40;
const SMALLEST = 1.5;

/** Upper ends of the classes of latency, ms. */
export const LATENCY_CLASSES = [20, 50, 100, 150, 200] as const;

export type Colouring = "pop" | "latency";

export interface WorldMap {
  readonly element: SVGSVGElement;
  draw(scenario: Scenario, colouring: Colouring): void;
}

/** Which class of latency it is, from 0. */
export function latencyClass(value: number): number {
  const found = LATENCY_CLASSES.findIndex((limit) => value <= limit);
  return found < 0 ? LATENCY_CLASSES.length : found;
}

/** A hue for each region, as far apart as the golden angle makes neighbours in the list. */
export function hueOf(data: PageData, code: string): number {
  return Math.round((data.regions.findIndex((region) => region.code === code) * 137.5) % 360);
}

/** A map of the world, drawn once; places and PoPs are drawn anew for each scenario. */
export function worldMap(data: PageData): WorldMap {
  const projection = geoNaturalEarth1().fitExtent(
    [
      [4, 4],
      [WIDTH - 4, HEIGHT + 45],
    ],
    { type: "Sphere" },
  );
  const path = geoPath(projection).digits(1);
  const at = (place: { readonly lat: number; readonly lon: number }): readonly [number, number] =>
    projection([place.lon, place.lat]) ?? [0, 0];
  // The atlas is read as JSON, whose types are wider than the format's.
  const topology = land as object as Topology<{ land: GeometryCollection }>;
  const lines = svg("g", { class: "lines" });
  const places = svg("g", { class: "places" });
  const pops = svg("g", { class: "pops" });
  const element = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "group",
      "aria-label": "World map of PoPs and the places of their users; the tables below hold the same",
    },
    svg("path", { class: "sphere", d: path({ type: "Sphere" }) ?? "" }),
    svg("path", { class: "land", d: path(feature(topology, topology.objects.land)) ?? "" }),
    lines,
    places,
    pops,
  );
  return { element, draw };

  function draw(scenario: Scenario, colouring: Colouring): void {
    const regions = new Map(data.regions.map((region) => [region.code, region]));
    lines.replaceChildren();
    places.replaceChildren();
    data.places.forEach((place, index) => {
      const given = scenario.given[index] ?? null;
      const [x, y] = at(place);
      const region = given === null ? undefined : regions.get(given.pop);
      const radius = Math.max(SMALLEST, RADIUS * Math.sqrt(place.share));
      const dot = svg("circle", {
        cx: x.toFixed(1),
        cy: y.toFixed(1),
        r: radius.toFixed(1),
        class: given === null ? "unanswered" : colouring === "pop" ? "of-pop" : `ms-${latencyClass(given.ms)}`,
        "data-place": place.name,
        "data-pop": given?.pop,
        "data-text": placeText(place, given),
      });
      if (given !== null && region !== undefined) {
        const hue = String(hueOf(data, region.code));
        dot.style.setProperty("--hue", hue);
        const d =
          path({
            type: "LineString",
            coordinates: [
              [place.lon, place.lat],
              [region.lon, region.lat],
            ],
          }) ?? "";
        const line = svg("path", { d, class: colouring === "pop" ? "of-pop" : `ms-${latencyClass(given.ms)}` });
        line.style.setProperty("--hue", hue);
        lines.append(line);
      }
      places.append(dot);
    });
    const taken: Box[] = [];
    pops.replaceChildren(...scenario.rows.map((row) => marker(row, taken)));
  }

  /** @param taken boxes of the labels that stand already: one more is put beside them, or left out */
  function marker(row: Row, taken: Box[]): SVGGElement {
    const [x, y] = at(row.region);
    const size = row.state === "lost" ? 4 : 5;
    const group = svg(
      "g",
      {
        class: `pop ${row.state} ${row.size === "too much" ? "overloaded" : ""}`,
        transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
        tabindex: 0,
        role: "img",
        "aria-label": rowText(row),
        "data-text": rowText(row),
        "data-region": row.region.code,
      },
      row.state === "lost"
        ? svg("path", { d: `M-${size},-${size}L${size},${size}M-${size},${size}L${size},-${size}` })
        : svg("rect", { x: -size, y: -size, width: 2 * size, height: 2 * size, transform: "rotate(45)" }),
      ...label(`${row.region.code}${row.latency === null ? "" : ` ${ms(row.latency.median)}`}`, x, y, taken),
    );
    group.style.setProperty("--hue", String(hueOf(data, row.region.code)));
    return group;
  }
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

/** About the width of a letter of the labels, and their height. */
const LETTER = 5.6;
const LINE = 11;

/** A label right of its mark, else left of it; none where both are taken. The tables hold what it says. */
function label(text: string, x: number, y: number, taken: Box[]): SVGTextElement[] {
  const width = text.length * LETTER;
  const sides: readonly (Box & { readonly anchor: string })[] = [
    { left: x + 9, right: x + 9 + width, y, anchor: "start" },
    { left: x - 9 - width, right: x - 9, y, anchor: "end" },
  ];
  const free = sides.find(
    ({ left, right }) =>
      left >= 0 &&
      right <= WIDTH &&
      !taken.some((box) => Math.abs(box.y - y) < LINE && box.left < right && left < box.right),
  );
  if (free === undefined) {
    return [];
  }
  taken.push(free);
  return [
    svg("text", { x: free.anchor === "start" ? 9 : -9, y: 4, "text-anchor": free.anchor, "aria-hidden": "true" }, text),
  ];
}
