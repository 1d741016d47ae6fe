import users from "../data/internetUsers.json";
import type { Place } from "./answers";
import type { LatencyTable } from "./table";

/**
 * How many users places have: by name of a city or by ISO 3166 code of a country, in any unit. A country's users are
 * spread evenly over its places, a city's are its own.
 */
export interface Weights {
  readonly users: Readonly<Record<string, number>>;
  /** Where they come from, with their date. */
  readonly source: string;
}

/** Internet users by country; `data/internetUsers.json` says from where. */
export const INTERNET_USERS: Weights = {
  users: users.thousands,
  source: `Internet users by country, CIA World Factbook ${users.date}`,
};

/** Everybody the plan asks about: places with their share of users, and what the figures are. */
export interface Users {
  readonly places: readonly Place[];
  /** Part of all users who live in countries without a place in the table, 0 to 1: nothing is said of them. */
  readonly elsewhere: number;
  readonly figures: string;
  readonly weights: string;
}

/** Gives each place of the table its share of users. A key of `weights` that names no place counts as elsewhere. */
export function weighted(table: LatencyTable, { users: byName, source }: Weights): Users {
  const inCountry = new Map<string, number>();
  for (const { country } of table.places) {
    inCountry.set(country, (inCountry.get(country) ?? 0) + 1);
  }
  const weights = table.places.map(({ name, country }) =>
    Object.hasOwn(byName, name) ? (byName[name] ?? 0) : (byName[country] ?? 0) / (inCountry.get(country) ?? 1),
  );
  const known = weights.reduce((sum, weight) => sum + weight, 0);
  const all = Object.values(byName).reduce((sum, weight) => sum + weight, 0);
  return {
    places: table.places.map((place, index) => ({ ...place, share: known === 0 ? 0 : (weights[index] ?? 0) / known })),
    elsewhere: all === 0 ? 0 : Math.max(0, 1 - known / all),
    figures: table.source,
    weights: source,
  };
}
