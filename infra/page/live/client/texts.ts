import { ms, percent, short } from "../../words";
import type { LiveCity, LiveLink, LiveNode, LivePop, LiveState } from "../state";
import type { Contact } from "./connection";

/** Time of day where the page is read. */
export function timeText(at: string): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

export function contactText(contact: Contact, at: string | null): string {
  const asOf = at === null ? "" : ` What you see is as of ${timeText(at)}.`;
  switch (contact) {
    case "connecting":
      return "Asking the server ...";
    case "live":
      return at === null ? "Connected." : `Live, as of ${timeText(at)}.`;
    case "ended":
      return `The server has ended.${asOf} Waiting for it to come back ...`;
    case "lost":
      return `The server is not heard any more.${asOf} Trying again ...`;
  }
}

/** How many PoPs take users. */
export function summary({ pops, cities }: LiveState): string {
  const active = pops.filter(({ state }) => state === "active").length;
  const unanswered = cities.filter(({ answeredBy }) => answeredBy === null).length;
  return (
    `${active} of ${pops.length} PoPs ${pops.length === 1 ? "takes" : "take"} users` +
    `${unanswered === 0 ? "" : `; ${unanswered} of ${cities.length} cities are answered by nobody`}.`
  );
}

function nodesText({ nodes, desired }: LivePop): string {
  const serving = nodes.filter(({ state }) => state === "serving").length;
  return `${serving} of ${desired ?? nodes.length} nodes serve`;
}

/** What a PoP does, as far as it is known. */
export function popFigures(pop: LivePop): readonly string[] {
  const { hitRatio, requests, wanted } = pop;
  return [
    nodesText(pop),
    ...(hitRatio === null ? [] : [`${percent(hitRatio)} hits`]),
    ...(requests === null ? [] : [`${requests.toFixed(requests < 10 ? 1 : 0)} requests/s`]),
    ...(wanted === null ? [] : [`configuration ${short(wanted)}`]),
  ];
}

export function popText(pop: LivePop): string {
  const why = pop.state === "active" ? [] : pop.attention.slice(0, 1);
  return `${pop.region}, ${pop.place}: ${[pop.state, ...popFigures(pop), ...why].join("; ")}`;
}

export function cityText(city: LiveCity, links: readonly LiveLink[]): string {
  const { name, country, answeredBy, ms: takes, last } = city;
  const by = answeredBy === null ? "answered by nobody" : `answered by ${answeredBy}`;
  const link = linkOf(city, links);
  return [
    `${name}, ${country}: ${by}${takes === null ? "" : ` in ${ms(takes)}`}`,
    ...(last === null ? [] : [`last request: ${last}`]),
    ...(link === undefined ? [] : [linkText(link)]),
  ].join("; ");
}

/** What is wrong with a city's way to who answers it. */
export function linkOf({ name, answeredBy }: LiveCity, links: readonly LiveLink[]): LiveLink | undefined {
  return links.find(({ from, to }) => (from === name && to === answeredBy) || (to === name && from === answeredBy));
}

export function linkText({ from, to, added }: LiveLink): string {
  return `the way from ${from} to ${to} ${added === null ? "is cut" : `takes ${ms(added)} longer`}`;
}

export function generationText({ generation }: LiveNode): string {
  return generation === null ? "" : short(generation);
}

/** Seconds behind the purge log. */
export function lagText({ purgeLag }: LiveNode): string {
  return purgeLag === null ? "" : `${purgeLag.toFixed(0)} s`;
}
