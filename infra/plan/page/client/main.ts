import { html, scrolling } from "../../../page/client/dom";
import { tooltip } from "../../../page/client/tooltip";
import type { PageData, PageRegion } from "../data";
import { type Choice, scenario, withoutFootprint } from "../scenario";
import { latencyText } from "../../latency/words";
import { type Colouring, worldMap } from "./map";
import { farthestTable, figures, legend, popTable } from "./tables";

const NOTHING: Choice = { lost: new Set(), added: new Set() };

function start(page: HTMLElement, data: PageData): void {
  const planned = scenario(data, NOTHING);
  const origin = withoutFootprint(data);
  const map = worldMap(data);
  const results = html("div", { class: "results" });
  const key = html("div");
  const said = html("p", { class: "said", role: "status" });
  const active = data.regions.filter(({ state }) => state === "active");
  const others = data.regions.filter(({ state }) => state !== "active");
  const lose = checkboxes("Lose", active, "lose");
  const add = checkboxes("Add", others, "add");
  const colours = html(
    "fieldset",
    { class: "colours" },
    html("legend", {}, "Colour by"),
    radio("pop", "who answers", true),
    radio("latency", "latency", false),
  );
  const form = html("form", { class: "controls" }, colours, lose, add, html("button", { type: "reset" }, "As planned"));

  page.replaceChildren(
    html("header", {}, html("h1", {}, `${data.title}: users and PoPs`), said),
    html("div", { class: "top" }, html("figure", {}, map.element, html("figcaption", {}, key)), form, results),
    html("footer", {}, ...data.notes.map((note) => html("p", {}, note))),
  );
  document.body.append(tooltip(map.element));
  form.addEventListener("change", redraw);
  // A form is reset after the event has come.
  form.addEventListener("reset", () => setTimeout(redraw));
  redraw();

  function redraw(): void {
    const values = new FormData(form);
    const choice: Choice = {
      lost: new Set(values.getAll("lose").map(String)),
      added: new Set(values.getAll("add").map(String)),
    };
    const colouring: Colouring = values.get("colour") === "latency" ? "latency" : "pop";
    const now = scenario(data, choice);
    map.draw(now, colouring);
    key.replaceChildren(legend(colouring));
    results.replaceChildren(
      scrolling("Round trips of all users", figures(now.latency, planned.latency, origin, data.origin)),
      scrolling("PoPs", popTable(data, now)),
      scrolling("Farthest places", farthestTable(data, now)),
    );
    said.textContent = sentence(
      choice,
      latencyText(now.latency),
      now.rows.filter(({ size }) => size === "too much").map(({ region }) => region.code),
    );
  }
}

function sentence({ lost, added }: Choice, latency: string, over: readonly string[]): string {
  const parts = [
    ...(lost.size > 0 ? [`without ${[...lost].join(", ")}`] : []),
    ...(added.size > 0 ? [`with ${[...added].join(", ")} added`] : []),
  ];
  const state = parts.length === 0 ? "As planned" : parts.join(", ").replace(/^w/, "W");
  return `${state}: ${latency}.${over.length > 0 ? ` More than its maximum has to be carried by ${over.join(", ")}.` : ""}`;
}

function checkboxes(title: string, regions: readonly PageRegion[], name: string): HTMLElement {
  const boxes = regions.map(({ code, name: place, state }) =>
    html(
      "label",
      {},
      html("input", { type: "checkbox", name, value: code }),
      html("span", {}, `${code} `, html("small", {}, `${place}${state === "drained" ? ", drained" : ""}`)),
    ),
  );
  return html(
    "fieldset",
    {},
    html("legend", {}, title),
    html("div", { class: "boxes", tabindex: 0, role: "group", "aria-label": `${title} a PoP` }, ...boxes),
  );
}

function radio(value: Colouring, text: string, checked: boolean): HTMLElement {
  return html("label", {}, html("input", { type: "radio", name: "colour", value, checked }), text);
}

const page = document.getElementById("page");
const data = document.getElementById("data");
if (page !== null && data !== null) {
  start(page, JSON.parse(data.textContent) as PageData);
}
