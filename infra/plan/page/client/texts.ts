import { ms, percent } from "../../../page/words";
import type { Answer, Latency, Place } from "../../latency/answers";
import { showGbps } from "../../latency/words";
import type { Row } from "../scenario";

export function placeText({ name, country, share }: Place, given: Answer): string {
  const by = given === null ? "answered by nobody" : `answered by ${given.pop} in ${ms(given.ms)}`;
  return `${name}, ${country}: ${by}; ${percent(share)} of the users`;
}

export function rowText(row: Row): string {
  const { region, state, share, latency } = row;
  const name = `${region.code}, ${region.name}`;
  if (state === "lost") {
    return `${name}: lost`;
  }
  const cost = region.monthly === null ? "" : `; ${region.monthly} a month`;
  return `${name}${state === "added" ? ", added" : ""}: ${percent(share)} of the users, ${latencyWords(latency)}; ${loadText(row)}${cost}`;
}

function latencyWords(latency: Latency | null): string {
  return latency === null ? "no users" : `median ${ms(latency.median)}, p95 ${ms(latency.p95)}`;
}

/** Load against capacity, Gbit/s. */
export function loadText({ load, size, region }: Row): string {
  if (load === null) {
    return "";
  }
  const capacity = region.load === null ? "" : ` of ${showGbps(region.load.atMin)} to ${showGbps(region.load.atMax)}`;
  const basis = region.load === null || region.loadIsPeak ? "" : " (minimum size for a peak)";
  return `${showGbps(load)}${capacity} Gbit/s${basis}${size === null ? "" : `, ${sizeText(size)}`}`;
}

function sizeText(size: NonNullable<Row["size"]>): string {
  switch (size) {
    case "minimum":
      return "at its minimum";
    case "maximum":
      return "at its maximum";
    case "too much":
      return "too much for its maximum";
  }
}
