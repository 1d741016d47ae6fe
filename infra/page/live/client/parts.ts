import { html, scrolling, svg } from "../../client/dom";
import { ms } from "../../words";
import { POP_CONDITIONS, type LiveCity, type LiveEvent, type LivePop, type LiveState } from "../state";
import { sentence } from "./announcer";
import { marker } from "./map";
import { generationText, lagText, linkOf, linkText, popFigures, timeText } from "./texts";

/** What the marks of the map mean, by their shape: colours tell PoPs apart. */
export function legend(): HTMLElement {
  const states = POP_CONDITIONS.map((state) =>
    html(
      "span",
      { class: "class" },
      svg("svg", { class: "pops key", viewBox: "-8 -8 16 16", "aria-hidden": "true" }, marker(state)),
      state,
    ),
  );
  return html("p", { class: "legend" }, ...states, "Colour and line: who answers a city.");
}

/** What is wrong and belongs to no PoP. */
export function troubles({ attention, links, origin }: LiveState): readonly HTMLElement[] {
  const all = [
    ...(origin === null || origin.state === "up" ? [] : [`the origin (${origin.name}) is ${origin.state}`]),
    ...links.map(linkText),
    ...attention,
  ];
  return all.length === 0
    ? []
    : [html("ul", { class: "attention", "aria-label": "Needs attention" }, ...all.map((text) => html("li", {}, text)))];
}

export function popCards({ pops }: LiveState, hueOf: (region: string) => string): readonly HTMLElement[] {
  return pops.map((pop) => {
    const { region, place, state, attention } = pop;
    const id = `pop-${region}`;
    const swatch = html("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.setProperty("--hue", hueOf(region));
    return html(
      "section",
      { class: `card ${state}`, "data-key": id, "aria-labelledby": id },
      html(
        "h2",
        { id },
        swatch,
        `${region} `,
        html("small", {}, `${place} `),
        html("strong", { class: "state" }, state),
      ),
      html("p", { class: "figures" }, popFigures(pop).join(" · ")),
      ...(attention.length === 0
        ? []
        : [html("ul", { class: "attention" }, ...attention.map((text) => html("li", {}, text)))]),
      ...(pop.nodes.length === 0 ? [] : [scrolling(`Nodes of ${region}`, nodeTable(pop))]),
    );
  });
}

function nodeTable({ region, nodes, wanted }: LivePop): HTMLElement {
  const rows = nodes.map((node) =>
    html(
      "tr",
      { "data-key": `node-${node.id}`, class: node.state },
      html("th", { scope: "row" }, node.id),
      html("td", { class: "text" }, node.zone ?? ""),
      html("td", { class: "text" }, node.state),
      html("td", { class: node.generation === wanted ? "text" : "text behind" }, generationText(node)),
      html("td", {}, lagText(node)),
    ),
  );
  const titles = ["node", "zone", "state", "runs", "purge lag"];
  return table(`Nodes of ${region}`, titles, rows, titles.slice(0, -1));
}

/** Nothing where there are no cities. */
export function cityTable({ cities, links }: LiveState): readonly HTMLElement[] {
  if (cities.length === 0) {
    return [];
  }
  const asked = cities.some(({ last }) => last !== null);
  const rows = cities.map((city) =>
    html(
      "tr",
      {
        "data-key": `row-${city.name}`,
        class: city.answeredBy === null || city.last === "failed" ? "failed" : undefined,
      },
      html("th", { scope: "row" }, `${city.name}, ${city.country}`),
      html("td", { class: "text" }, city.answeredBy ?? "nobody"),
      html("td", {}, millisecondsText(city, links)),
      ...(asked ? [html("td", { class: "text" }, city.last ?? "")] : []),
    ),
  );
  const titles = ["city", "answered by", "round trip", ...(asked ? ["last request"] : [])];
  const words = ["city", "answered by", "last request"];
  return [
    html(
      "section",
      { class: "card cities", "data-key": "cities", "aria-labelledby": "cities" },
      html("h2", { id: "cities" }, "Cities"),
      scrolling("Who answers the cities", table("Who answers the cities", titles, rows, words)),
    ),
  ];
}

function millisecondsText(city: LiveCity, links: LiveState["links"]): string {
  const link = linkOf(city, links);
  const note = link === undefined ? "" : link.added === null ? " (cut)" : ` (${ms(link.added)} added)`;
  return city.ms === null ? note.trim() : `${ms(city.ms)}${note}`;
}

/** Newest first. */
export function timeline(events: readonly LiveEvent[]): readonly HTMLElement[] {
  const items = events
    .toReversed()
    .map(({ number, at, kind, by, text }) =>
      html(
        "li",
        { "data-key": `event-${number}`, class: `${kind} ${by}` },
        html("time", { datetime: at }, timeText(at)),
        " ",
        html("span", {}, sentence(text)),
      ),
    );
  return [
    html("h2", { id: "happened", "data-key": "happened" }, "What happened"),
    items.length === 0
      ? html("p", { class: "soft", "data-key": "nothing" }, "Nothing yet.")
      : html("ol", { "data-key": "events", tabindex: 0, "aria-labelledby": "happened" }, ...items),
  ];
}

function table(
  title: string,
  titles: readonly string[],
  rows: readonly HTMLElement[],
  words: readonly string[],
): HTMLElement {
  const head = titles.map((each) =>
    html("th", { scope: "col", class: words.includes(each) ? "text" : undefined }, each),
  );
  return html(
    "table",
    {},
    html("caption", { class: "unseen" }, title),
    html("thead", {}, html("tr", {}, ...head)),
    html("tbody", {}, ...rows),
  );
}
