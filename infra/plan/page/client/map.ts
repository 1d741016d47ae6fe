import { svg } from "../../../page/client/dom";
import { hue, label, world, type Box } from "../../../page/client/world";
import { ms } from "../../../page/words";
import type { PageData } from "../data";
import type { Row, Scenario } from "../scenario";
import { placeText, rowText } from "./texts";

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

export function hueOf(data: PageData, code: string): string {
  return hue(data.regions.findIndex((region) => region.code === code));
}

/** A map of the world, drawn once; places and PoPs are drawn anew for each scenario. */
export function worldMap(data: PageData): WorldMap {
  const { at, way, element: onWorld } = world();
  const lines = svg("g", { class: "lines" });
  const places = svg("g", { class: "places" });
  const pops = svg("g", { class: "pops" });
  const element = onWorld("World map of PoPs and the places of their users; the tables below hold the same", [
    lines,
    places,
    pops,
  ]);
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
        const own = hueOf(data, region.code);
        dot.style.setProperty("--hue", own);
        const line = svg("path", {
          d: way(place, region),
          class: colouring === "pop" ? "of-pop" : `ms-${latencyClass(given.ms)}`,
        });
        line.style.setProperty("--hue", own);
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
      ...label(`${row.region.code}${row.latency === null ? "" : ` ${ms(row.latency.median)}`}`, [x, y], taken),
    );
    group.style.setProperty("--hue", hueOf(data, row.region.code));
    return group;
  }
}
