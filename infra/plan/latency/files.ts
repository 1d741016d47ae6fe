import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { exitCodes } from "../../terminal/exitCodes";
import { UserError } from "../../terminal/userError";
import { didYouMean, formatPath, formatValue } from "../../config/problems";
import { REGIONS } from "../../config/regions";
import internetUsers from "../data/internetUsers.json";
import { type LatencyTable, measuredRegions, type OwnPlace, SHIPPED_LATENCY, withOwnFigures } from "./table";
import { INTERNET_USERS, weighted, type Users, type Weights } from "./weights";

export interface UsersOptions {
  /** File of the user's own round-trip times. */
  readonly latency?: string | undefined;
  /** File of the shares of countries or cities. */
  readonly weights?: string;
}

/**
 * The users that the plan asks about: the shipped figures and weights, or somebody's own where files are given.
 *
 * @throws UserError with every mistake of a file
 */
export function usersOf({ latency, weights }: UsersOptions): Users {
  const table = tableOf({ latency });
  return weighted(table, weights === undefined ? INTERNET_USERS : ownWeights(weights, table));
}

/** The latency table, with somebody's own figures where a file is given. */
export function tableOf({ latency }: Pick<UsersOptions, "latency">): LatencyTable {
  return latency === undefined ? SHIPPED_LATENCY : ownTable(latency);
}

/**
 * A region in which the origin can be taken to be.
 *
 * @throws UserError for a region without figures
 */
export function originRegion(given: string, table: LatencyTable): string {
  const known = measuredRegions(table);
  if (!known.includes(given)) {
    throw new UserError(
      `--origin: must be an AWS region of which the latency table has figures, got "${given}"${didYouMean(given, known)}; there are: ${known.join(", ")}`,
      exitCodes.usage,
    );
  }
  return given;
}

function ownTable(file: string): LatencyTable {
  const { source, places } = read(file, "--latency", latencyFile);
  const problems = places.flatMap((place, index) => [
    ...placeProblems(place, index),
    ...(places.findIndex(({ name }) => name === place.name) < index
      ? [`places[${index}].name: must be there once, got "${place.name}" again`]
      : []),
  ]);
  if (problems.length > 0) {
    refuse(file, "--latency", problems);
  }
  return withOwnFigures(SHIPPED_LATENCY, places, source);
}

function ownWeights(file: string, table: LatencyTable): Weights {
  const { source, users } = read(file, "--weights", weightsFile);
  const cities = new Map(table.places.map(({ name, country }) => [name, country]));
  const countries = new Set([...Object.keys(internetUsers.thousands), ...cities.values()]);
  const problems = Object.keys(users).flatMap((key) => {
    const country = cities.get(key);
    if (country !== undefined && Object.hasOwn(users, country)) {
      return [
        `${formatPath(["users", key])}: must not stand beside its country ${country}, whose users are spread over all of its cities`,
      ];
    }
    return country !== undefined || countries.has(key)
      ? []
      : [
          `${formatPath(["users", key])}: must be a city of the latency table or the ISO 3166 code of a country${didYouMean(key, [...cities.keys()])}`,
        ];
  });
  const placed = table.places.some(({ name, country }) => (users[name] ?? users[country] ?? 0) > 0);
  const all = placed ? problems : [...problems, "users: must give users to a place of the latency table"];
  if (all.length > 0) {
    refuse(file, "--weights", all);
  }
  return { users, source };
}

const userCount = z.number("must be a number").nonnegative("must be 0 or more");
const text = z.string("must be a text").regex(/\S/, "must not be empty");
const coordinate = (limit: number) =>
  z.number("must be a number").min(-limit, `must be -${limit} to ${limit}`).max(limit, `must be -${limit} to ${limit}`);

const latencyFile = z.strictObject(
  {
    source: text,
    places: z
      .array(
        z.strictObject(
          {
            name: text,
            country: z.string("must be a text").regex(/^[A-Z]{2}$/, "must be an ISO 3166 code of two capital letters"),
            lat: coordinate(90).optional(),
            lon: coordinate(180).optional(),
            ms: z.record(
              z.string(),
              z.number("must be a number").positive("must be above 0"),
              "must be a map from AWS regions to round-trip times in ms",
            ),
          },
          "must be a map with name, country and ms",
        ),
        "must be a list of places",
      )
      .min(1, "must have a place"),
  },
  "must be a map with source and places",
);

const weightsFile = z.strictObject(
  { source: text, users: z.record(z.string(), userCount, "must be a map from cities or countries to their users") },
  "must be a map with source and users",
);

function placeProblems({ name, country, lat, lon, ms }: OwnPlace, index: number): readonly string[] {
  const known = SHIPPED_LATENCY.places.find((place) => place.name === name);
  const path = `places[${index}]`;
  const regions = Object.keys(ms).filter((code) => !REGIONS.has(code));
  return [
    ...(known === undefined && (lat === undefined || lon === undefined)
      ? [
          `${path}: must have lat and lon, since the table has no "${name}"${didYouMean(
            name,
            SHIPPED_LATENCY.places.map((place) => place.name),
          )}`,
        ]
      : []),
    ...(known !== undefined && known.country !== country
      ? [`${path}.country: must be ${known.country} as in the table, got "${country}"; another city needs another name`]
      : []),
    ...regions.map(
      (code) =>
        `${formatPath(["places", index, "ms", code])}: must be an AWS region${didYouMean(code, [...REGIONS.keys()])}`,
    ),
  ];
}

function read<T>(file: string, option: string, shape: z.ZodType<T>): T {
  let content: unknown;
  try {
    // JSON is YAML too.
    content = parse(readFileSync(file, "utf8"), { prettyErrors: false });
  } catch (error) {
    throw new UserError(
      `${option}: must be a file of JSON or YAML, got "${file}" (${error instanceof Error ? error.message : String(error)})`,
      exitCodes.usage,
    );
  }
  const parsed = shape.safeParse(content, { reportInput: true });
  if (!parsed.success) {
    return refuse(
      file,
      option,
      parsed.error.issues.map((issue) => {
        const path = formatPath(issue.path.map((step) => (typeof step === "number" ? step : String(step))));
        const where = path === "" ? "the file" : path;
        return issue.code === "unrecognized_keys"
          ? `${where}: must not have ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`
          : `${where}: ${issue.message}, got ${issue.input === undefined ? "nothing" : formatValue(issue.input)}`;
      }),
    );
  }
  return parsed.data;
}

function refuse(file: string, option: string, problems: readonly string[]): never {
  throw new UserError(`${option} ${file}: ${problems.join("\n  ")}`, exitCodes.usage);
}
