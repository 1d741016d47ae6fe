// What happened between two looks at a footprint. Pure.

import { short } from "../words";
import {
  EVENTS_KEPT,
  type LiveCity,
  type LiveEvent,
  type LiveLink,
  type LiveNode,
  type LivePop,
  type LiveState,
} from "./state";

/** A state before it is known what has led to it. */
export type Look = Omit<LiveState, "events">;

/** An event before it has its number and its time. */
export type Happening = Omit<LiveEvent, "number" | "at">;

/** The state after one more look: with what happened since the former one. */
export function looked(former: LiveState | undefined, look: Look): LiveState {
  return former === undefined
    ? { ...look, events: [] }
    : withEvents({ ...look, events: former.events }, look.at, happened(former, look));
}

/** The state with more events, each with the next number; the oldest go. */
export function withEvents(state: LiveState, at: string, added: readonly Happening[]): LiveState {
  return { ...state, events: appended(state.events, at, added) };
}

/** Events with more of them, likewise. */
export function appended(events: readonly LiveEvent[], at: string, added: readonly Happening[]): readonly LiveEvent[] {
  const next = (events.at(-1)?.number ?? 0) + 1;
  return [...events, ...added.map((event, index) => ({ ...event, number: next + index, at }))].slice(-EVENTS_KEPT);
}

/** What the difference of two looks tells, as the footprint's own doing. */
export function happened(before: Look, now: Look): readonly Happening[] {
  return [
    ...pops(before.pops, now.pops),
    ...cities(before.cities, now.cities),
    ...links(before.links, now.links),
    ...origin(before.origin, now.origin),
  ];
}

function event(kind: LiveEvent["kind"], region: string | null, text: string): Happening {
  return { kind, by: "footprint", region, text };
}

function pops(before: readonly LivePop[], now: readonly LivePop[]): Happening[] {
  const former = new Map(before.map((pop) => [pop.region, pop]));
  const there = new Set(now.map(({ region }) => region));
  return [
    ...before
      .filter(({ region }) => !there.has(region))
      .map(({ region }) => event("note", region, `${region} is gone`)),
    ...now.flatMap((pop) => {
      const { region } = pop;
      const own = former.get(region);
      return own === undefined
        ? [event(kindOf(pop), region, `${region} is there and ${stateText(pop)}`)]
        : [...popState(own, pop), ...configuration(own, pop), ...nodes(own, pop)];
    }),
  ];
}

function popState(before: LivePop, now: LivePop): Happening[] {
  const { region, state, attention } = now;
  if (before.state === state) {
    return [];
  }
  const [why] = attention;
  return [event(kindOf(now), region, `${region} ${stateText(now)}${why === undefined ? "" : `: ${why}`}`)];
}

function kindOf({ state }: LivePop): LiveEvent["kind"] {
  return state === "active" ? "good" : state === "unhealthy" || state === "unknown" ? "bad" : "note";
}

function stateText({ state }: LivePop): string {
  switch (state) {
    case "active":
      return "takes users";
    case "drained":
      return "is drained";
    case "warming":
      return "comes up";
    case "unhealthy":
      return "is unhealthy";
    case "unknown":
      return "cannot be looked at";
  }
}

function configuration(before: LivePop, now: LivePop): Happening[] {
  const { region, wanted } = now;
  if (wanted === null || before.wanted === null) {
    return [];
  }
  const awaited = before.wanted !== wanted || before.nodes.some((node) => isBehind(node, wanted));
  return [
    ...(before.wanted === wanted ? [] : [event("note", region, `${region} is to run configuration ${short(wanted)}`)]),
    ...(awaited && now.nodes.some(serves) && !now.nodes.some((node) => isBehind(node, wanted))
      ? [event("good", region, `all nodes of ${region} run configuration ${short(wanted)}`)]
      : []),
  ];
}

function serves({ state }: LiveNode): boolean {
  return state === "serving";
}

/** Nodes that come or go say nothing of a configuration. */
function isBehind(node: LiveNode, wanted: string): boolean {
  return serves(node) && node.generation !== wanted;
}

function nodes(before: LivePop, now: LivePop): Happening[] {
  // Of a PoP that could not be looked at, nothing is known to be gone.
  if (before.state === "unknown" || now.state === "unknown") {
    return [];
  }
  const former = new Map(before.nodes.map((node) => [node.id, node]));
  const there = new Set(now.nodes.map(({ id }) => id));
  return [
    ...before.nodes
      .filter(({ id }) => !there.has(id))
      .map((node) => event(node.state === "leaving" ? "note" : "bad", now.region, `${nodeText(node, now)} is gone`)),
    ...now.nodes
      .filter(({ id, state }) => former.get(id)?.state !== state)
      .map((node) => event(NODE_KINDS[node.state], now.region, `${nodeText(node, now)} ${NODE_TEXTS[node.state]}`)),
  ];
}

const NODE_TEXTS: Readonly<Record<LiveNode["state"], string>> = {
  serving: "serves",
  starting: "starts",
  leaving: "leaves",
  sick: "is unhealthy",
  silent: "has not reported lately",
};

const NODE_KINDS: Readonly<Record<LiveNode["state"], LiveEvent["kind"]>> = {
  serving: "good",
  starting: "note",
  leaving: "note",
  sick: "bad",
  silent: "bad",
};

function nodeText({ id, zone }: LiveNode, { region }: LivePop): string {
  return `${id} in ${zone ?? region}`;
}

/** One line for all cities that went the same way. */
function cities(before: readonly LiveCity[], now: readonly LiveCity[]): Happening[] {
  const former = new Map(before.map((city) => [city.name, city]));
  const moves = new Map<
    string,
    { readonly from: string | null; readonly to: string | null; readonly names: string[] }
  >();
  for (const { name, answeredBy: to } of now) {
    const own = former.get(name);
    if (own !== undefined && own.answeredBy !== to) {
      const from = own.answeredBy;
      const move = moves.get(JSON.stringify([from, to])) ?? { from, to, names: [] };
      move.names.push(name);
      moves.set(JSON.stringify([from, to]), move);
    }
  }
  const failed = now.filter(
    ({ name, last }) => last === "failed" && former.has(name) && former.get(name)?.last !== "failed",
  );
  return [
    ...[...moves.values()].map(({ from, to, names }) => {
      const who = `${names.join(", ")} ${names.length === 1 ? "is" : "are"} answered by`;
      return to === null
        ? event("bad", null, `${who} nobody`)
        : event("note", to, `${who} ${to}${from === null ? "" : ` instead of ${from}`}`);
    }),
    ...(failed.length === 0
      ? []
      : [event("bad", null, `requests fail from ${failed.map(({ name }) => name).join(", ")}`)]),
  ];
}

function links(before: readonly LiveLink[], now: readonly LiveLink[]): Happening[] {
  const key = ({ from, to }: LiveLink): string => JSON.stringify([from, to]);
  const former = new Map(before.map((link) => [key(link), link.added]));
  const there = new Set(now.map(key));
  return [
    ...before
      .filter((link) => !there.has(key(link)))
      .map(({ from, to }) => event("good", null, `the way from ${from} to ${to} is as it was`)),
    ...now
      .filter((link) => former.get(key(link)) !== link.added)
      .map(({ from, to, added }) =>
        event("bad", null, `the way from ${from} to ${to} ${added === null ? "is cut" : `takes ${added} ms longer`}`),
      ),
  ];
}

function origin(before: LiveState["origin"], now: LiveState["origin"]): Happening[] {
  return now === null || before === null || before.state === now.state
    ? []
    : [event(now.state === "up" ? "good" : "bad", null, `the origin is ${now.state}`)];
}
