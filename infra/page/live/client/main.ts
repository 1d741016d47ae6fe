import { html } from "../../client/dom";
import { redraw } from "../../client/redraw";
import { tooltip } from "../../client/tooltip";
import type { LiveAction, LiveOrder, LiveState, PageInfo } from "../state";
import { actionForms } from "./actions";
import { announcer } from "./announcer";
import { type Contact, listen } from "./connection";
import { liveMap } from "./map";
import { cityTable, legend, popCards, timeline, troubles } from "./parts";
import { contactText, summary } from "./texts";

function start(page: HTMLElement, { footprint, run, token }: PageInfo): void {
  const map = liveMap();
  const said = announcer(html("p", { class: "said", role: "status" }));
  const contactLine = html("p", { class: "contact connecting" }, contactText("connecting", null));
  const trouble = html("div", { class: "trouble" });
  const actions = html("div", { class: "actions" });
  const happened = html("section", { class: "timeline", "aria-labelledby": "happened" });
  const results = html("div", { class: "results" });
  const footer = html("footer");
  page.replaceChildren(
    html("header", {}, html("h1", {}, `${footprint}: live`), contactLine, said.element),
    html(
      "div",
      { class: "top" },
      html("figure", {}, map.element, html("figcaption", {}, legend(), trouble)),
      html("div", { class: "side" }, actions, happened),
      results,
    ),
    footer,
  );
  document.body.append(tooltip(map.element));

  let state: LiveState | null = null;
  let contact: Contact = "connecting";
  const begun = new Set<string>();
  actions.addEventListener("submit", (event) => {
    event.preventDefault();
    void order(event.target as HTMLFormElement);
  });
  listen(run, {
    state(next) {
      const former = state;
      state = next;
      draw();
      if (former === null) {
        said.say(summary(next));
      } else {
        const seen = former.events.at(-1)?.number ?? 0;
        said.tell(next.events.filter(({ number }) => number > seen));
      }
    },
    contact(next) {
      if (next === contact) {
        return;
      }
      if (next === "lost" || next === "ended" || contact === "lost" || contact === "ended") {
        said.say(contactText(next, state?.at ?? null));
      }
      contact = next;
      draw();
    },
  });

  function draw(): void {
    contactLine.className = `contact ${contact}`;
    contactLine.textContent = contactText(contact, state?.at ?? null);
    if (state === null) {
      return;
    }
    map.draw(state);
    redraw(trouble, ...troubles(state));
    redraw(actions, ...actionForms(state.actions, contact === "live" ? begun : "all"));
    redraw(happened, ...timeline(state.events));
    redraw(results, ...popCards(state, map.hueOf), ...cityTable(state));
    redraw(footer, ...state.notes.map((note) => html("p", {}, note)));
  }

  async function order(form: HTMLFormElement): Promise<void> {
    const action = state?.actions.find(({ id }) => id === form.dataset["action"]);
    if (action === undefined || begun.has(action.id) || contact !== "live") {
      return;
    }
    const target = form.querySelector("select")?.value ?? null;
    if (action.targets !== null && target === null) {
      return;
    }
    begun.add(action.id);
    draw();
    said.say(await ordered(action, { action: action.id, target }));
    begun.delete(action.id);
    draw();
  }

  /** What came of an order, in words. */
  async function ordered({ label }: LiveAction, body: LiveOrder): Promise<string> {
    const headers = { "Content-Type": "application/json", "Footprint-Token": token };
    try {
      const response = await fetch("act", { method: "POST", headers, body: JSON.stringify(body) });
      const text = (await response.text()).trim();
      return response.ok ? `${label}: it has begun.` : `${label}: ${text}`;
    } catch {
      return `${label}: the server cannot be reached.`;
    }
  }
}

const page = document.getElementById("page");
const data = document.getElementById("data");
if (page !== null && data !== null) {
  start(page, JSON.parse(data.textContent) as PageInfo);
}
