import type { Latency } from "../../latency/answers";
import { html } from "../../../page/client/dom";
import { ms, percent } from "../../../page/words";
import { signedMs } from "../../latency/words";
import type { PageData } from "../data";
import type { Row, Scenario } from "../scenario";
import { hueOf, latencyClass, LATENCY_CLASSES, type Colouring } from "./map";
import { loadText } from "./texts";

/** How many of the farthest places are listed. */
const FARTHEST = 10;

/** Latency now, as planned, and from the origin alone. */
export function figures(
  now: Latency | null,
  planned: Latency | null,
  origin: Latency | null,
  region: string,
): HTMLElement {
  const line = (title: string, of: Latency | null, change = ""): HTMLElement =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, title),
      ...(["median", "p95", "mean"] as const).map((name) => html("td", {}, of === null ? "no figure" : ms(of[name]))),
      html("td", {}, change),
    );
  const by = (a: Latency | null, b: Latency | null): string =>
    a === null || b === null ? "" : `${signedMs(a.mean - b.mean)} on average`;
  return html(
    "table",
    { class: "figures" },
    html("caption", {}, "Round trips of all users"),
    html("thead", {}, headings(["", "median", "p95", "average", "against the plan"])),
    html(
      "tbody",
      {},
      line("with this choice", now, by(now, planned)),
      line("as planned", planned),
      line(`from ${region} alone`, origin, by(origin, planned)),
    ),
  );
}

export function popTable(data: PageData, { rows }: Scenario): HTMLElement {
  const row = (each: Row): HTMLElement => {
    const { region, state, share, latency } = each;
    const swatch = html("span", { class: `swatch ${state}`, "aria-hidden": "true" });
    swatch.style.setProperty("--hue", hueOf(data, region.code));
    return html(
      "tr",
      { class: each.size === "too much" ? "overloaded" : state, "data-region": region.code },
      html("th", { scope: "row" }, swatch, region.code),
      html("td", { class: "text" }, `${region.name}${state === "planned" ? "" : ` (${state})`}`),
      html("td", {}, state === "lost" ? "" : percent(share)),
      html("td", {}, latency === null ? "" : ms(latency.median)),
      html("td", {}, latency === null ? "" : ms(latency.p95)),
      html("td", { class: "text" }, loadText(each)),
      html("td", {}, region.monthly ?? ""),
    );
  };
  return html(
    "table",
    {},
    html("caption", {}, "PoPs"),
    html("thead", {}, headings(["region", "place", "users", "median", "p95", "carries", "a month"])),
    html("tbody", {}, ...rows.map(row)),
  );
}

export function farthestTable({ places }: PageData, { given }: Scenario): HTMLElement {
  const rows = places
    .flatMap((place, index) => {
      const answer = given[index] ?? null;
      return answer === null ? [] : [{ place, answer }];
    })
    .sort((a, b) => b.answer.ms - a.answer.ms)
    .slice(0, FARTHEST)
    .map(({ place, answer }) =>
      html(
        "tr",
        {},
        html("th", { scope: "row" }, `${place.name}, ${place.country}`),
        html("td", {}, ms(answer.ms)),
        html("td", { class: "text" }, answer.pop),
        html("td", {}, percent(place.share)),
      ),
    );
  return html(
    "table",
    {},
    html("caption", {}, "Farthest places"),
    html("thead", {}, headings(["place", "round trip", "answered by", "users"])),
    html("tbody", {}, ...rows),
  );
}

/** What the colours of the map mean. */
export function legend(colouring: Colouring): HTMLElement {
  const size = "a circle's area is its share of the users";
  if (colouring === "pop") {
    return html("p", { class: "legend" }, `Colour and line: who answers the place; ${size}.`);
  }
  const classes = [...LATENCY_CLASSES, Infinity].map((limit, index) => {
    const swatch = html("span", { class: `swatch ms-${latencyClass(limit)}`, "aria-hidden": "true" });
    const text = limit === Infinity ? `more than ${LATENCY_CLASSES[index - 1] ?? 0} ms` : `up to ${limit} ms`;
    return html("span", { class: "class" }, swatch, text);
  });
  return html("p", { class: "legend" }, ...classes, `; ${size}.`);
}

/** Titles of the columns that hold words. */
const WORDS: readonly string[] = ["region", "place", "carries", "answered by"];

function headings(titles: readonly string[]): HTMLElement {
  const heading = (title: string) =>
    html("th", { scope: "col", class: WORDS.includes(title) ? "text" : undefined }, title);
  return html("tr", {}, ...titles.map((title) => (title === "" ? html("td") : heading(title))));
}
