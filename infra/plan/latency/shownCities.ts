import type { LiveCity } from "../../page/live/state";
import { answer } from "./answers";
import { SHIPPED_LATENCY } from "./table";

/** Places of the table on six continents, few enough for a map that names them. */
export const SHOWN_CITIES: readonly string[] = [
  "Buenos Aires",
  "Cairo",
  "Cape Town",
  "Chicago",
  "Dubai",
  "Frankfurt",
  "Lagos",
  "London",
  "Los Angeles",
  "Mexico",
  "New York",
  "Pune",
  "Sao Paulo",
  "Singapore",
  "Stockholm",
  "Sydney",
  "Tokyo",
  "Warsaw",
];

/** For whoever shows them. */
export const SHOWN_CITIES_NOTE = `Cities, their lines and milliseconds are computed from the plan's latency table (${SHIPPED_LATENCY.source}) for the PoPs that take users; nobody asks from there. Route 53 goes by its own measurements.`;

/** Which of the PoPs would answer each city, and in what time. */
export function shownCities(pops: readonly string[]): readonly LiveCity[] {
  return SHIPPED_LATENCY.places
    .filter(({ name }) => SHOWN_CITIES.includes(name))
    .map((place) => {
      const { name, country, lat, lon } = place;
      const given = answer(place, pops);
      return { name, country, lat, lon, answeredBy: given?.pop ?? null, ms: given?.ms ?? null, last: null };
    });
}
