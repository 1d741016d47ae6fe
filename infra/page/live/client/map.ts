import { svg } from "../../client/dom";
import { redraw } from "../../client/redraw";
import { hue, label, world, type Box, type Point } from "../../client/world";
import { ms } from "../../words";
import type { LiveCity, LiveLink, LivePop, LiveState, PopCondition } from "../state";
import { cityText, linkOf, popText } from "./texts";

/** Half the width of a PoP's mark. */
const SIZE = 5;

export interface LiveMap {
  readonly element: SVGSVGElement;
  draw(state: LiveState): void;
  /** The same for a region for as long as the page is there. */
  readonly hueOf: (region: string) => string;
}

/** The mark of a PoP, told apart by its shape. */
export function marker(state: PopCondition): SVGElement {
  switch (state) {
    case "active":
    case "drained":
    case "warming":
      return svg("rect", {
        class: `mark ${state}`,
        ...{ x: -SIZE, y: -SIZE, width: 2 * SIZE, height: 2 * SIZE, transform: "rotate(45)" },
      });
    case "unhealthy":
      return svg("path", {
        class: "mark unhealthy",
        d: `M-${SIZE},-${SIZE}L${SIZE},${SIZE}M-${SIZE},${SIZE}L${SIZE},-${SIZE}`,
      });
    case "unknown":
      return svg("circle", { class: "mark unknown", r: SIZE });
  }
}

export function liveMap(): LiveMap {
  const { at, way, element: onWorld } = world();
  const layers = {
    lines: svg("g", { class: "lines" }),
    cities: svg("g", { class: "places" }),
    pops: svg("g", { class: "pops" }),
  };
  const element = onWorld("World map of PoPs and cities; the tables beside it hold the same", Object.values(layers));
  /** In the order in which regions were first seen: one more does not change the others' colours. */
  const seen: string[] = [];
  return { element, draw, hueOf };

  function draw({ pops, cities, links }: LiveState): void {
    const regions = new Map<string, Point>(pops.map((pop) => [pop.region, pop]));
    const taken: Box[] = pops.map((pop) => {
      const [x, y] = at(pop);
      return { left: x - SIZE, right: x + SIZE, y };
    });
    const marks = pops.map((pop) => popMark(pop, taken));
    redraw(
      layers.lines,
      ...cities.flatMap((city) => {
        const pop = regions.get(city.answeredBy ?? "");
        return pop === undefined ? [] : [line(city, pop, links)];
      }),
    );
    redraw(layers.cities, ...cities.map((city) => cityMark(city, links, taken)));
    redraw(layers.pops, ...marks);
  }

  function line(city: LiveCity, pop: Point, links: readonly LiveLink[]): SVGElement {
    const { name, answeredBy, last } = city;
    const kind = last === "failed" ? "failed" : linkOf(city, links) === undefined ? "" : "slowed";
    const made = svg("path", {
      d: way(city, pop),
      class: `of-pop ${kind}`,
      // Another one when another PoP answers, so that it appears anew.
      "data-key": `line-${name}-${answeredBy ?? ""}`,
    });
    made.style.setProperty("--hue", hueOf(answeredBy ?? ""));
    return made;
  }

  function cityMark(city: LiveCity, links: readonly LiveLink[], taken: Box[]): SVGElement {
    const [x, y] = at(city);
    const { name, answeredBy, ms: takes, last } = city;
    const made = svg(
      "g",
      {
        class: `city ${answeredBy === null || last === "failed" ? "failed" : "of-pop"}`,
        transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
        "data-key": `city-${name}`,
        "data-place": name,
        "data-pop": answeredBy ?? undefined,
        "data-text": cityText(city, links),
      },
      svg("circle", { r: 4 }),
      ...label(takes === null ? name : `${name} ${ms(takes)}`, [x, y], taken),
    );
    made.style.setProperty("--hue", hueOf(answeredBy ?? ""));
    return made;
  }

  function popMark(pop: LivePop, taken: Box[]): SVGElement {
    const [x, y] = at(pop);
    const made = svg(
      "g",
      {
        class: `pop ${pop.state}`,
        transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
        ...{ tabindex: 0, role: "img", "aria-label": popText(pop), "data-text": popText(pop) },
        "data-key": `mark-${pop.region}`,
        "data-region": pop.region,
      },
      marker(pop.state),
      ...label(pop.region, [x, y], taken),
    );
    made.style.setProperty("--hue", hueOf(pop.region));
    return made;
  }

  function hueOf(region: string): string {
    if (region !== "" && !seen.includes(region)) {
      seen.push(region);
    }
    // Without the first of them, which is the red of what is wrong.
    return hue(seen.indexOf(region) + 1);
  }
}
