import * as fs from "node:fs";
import * as path from "node:path";
import { REGIONS } from "../../infra/config/regions";
import type { Recording, Registration } from "../../infra/plan/harness";
import { at, isRecord, list, places, text } from "../support/registrations";
import { shipped, SHIPPED, update } from "../support/stacks";
import { repository } from "../support/tree";

/** Where the identities of what is deployed are written down. */
const FILE = path.join(__dirname, "identities.txt");

/** What the list has and the stacks do not, and the other way round. */
export interface Difference {
  /** In the list, and neither declared, nor an alias of what is declared, nor named in CHANGELOG.md. */
  readonly lost: readonly string[];
  /** Declared, and not in the list. */
  readonly unlisted: readonly string[];
}

export function listed(): readonly string[] {
  return fs.readFileSync(FILE, "utf8").split("\n").filter(Boolean);
}

/**
 * Adds what is declared to the list. Nothing is taken out of it: who does that by hand says that nobody has it any more.
 */
export async function writeList(): Promise<void> {
  const all = new Set([...listed(), ...(await declared()).own]);
  fs.writeFileSync(FILE, `${[...all].sort().join("\n")}\n`);
}

export async function difference(
  list: readonly string[],
  changelog = fs.readFileSync(path.join(repository, "CHANGELOG.md"), "utf8"),
  given: Promise<Declared> = declared(),
): Promise<Difference> {
  const { own, former } = await given;
  return {
    lost: list.filter((each) => !own.has(each) && !former.has(each) && !changelog.includes(`\`${each}\``)),
    unlisted: [...own].filter((each) => !list.includes(each)).sort(),
  };
}

export interface Declared {
  readonly own: ReadonlySet<string>;
  /** By way of aliases. */
  readonly former: ReadonlySet<string>;
}

/** The identities over all shipped stacks. */
async function declared(): Promise<Declared> {
  const all = await Promise.all(
    SHIPPED.map(async (stack) => identities(await update(shipped(stack), stack), namesOf(stack))),
  );
  return {
    own: new Set(all.flatMap(({ own }) => [...own])),
    former: new Set(all.flatMap(({ former }) => [...former])),
  };
}

/**
 * The identity of every provider's resource: the types of its parents and its own, and its name. Another identity is
 * another resource: the engine makes it beside the former one, and then deletes that. So a load balancer gets other
 * addresses, a secret another value, and a setting of a bucket is deleted after its successor was written.
 *
 * Names of regions, zones, hosts and addresses are left open: they differ between stacks, and stand for the same.
 */
export function identities(recording: Recording, names: readonly (readonly [string, string])[] = []): Declared {
  const place = places(recording);
  const custom = recording.registrations.filter((each) => each.custom);
  const formers = formerUrns(recording);
  const identity = (urn: string, each: Registration) => {
    const [, , types = "", name = ""] = urn.split("::");
    const where = place.get(each.urn) ?? "global";
    return `${types} ${opened(name, where === "global" ? names : [...names, ...namesOfRegion(where.region)])}`;
  };
  return {
    own: new Set(custom.map((each) => identity(each.urn, each))),
    former: new Set(custom.flatMap((each) => (formers.get(each.urn) ?? []).map((urn) => identity(urn, each)))),
  };
}

/** What each resource was called before, by its URN: by its own aliases, and as the engine has it by its parent's. */
function formerUrns({ registrations }: Recording): ReadonlyMap<string, readonly string[]> {
  const formers = new Map<string, readonly string[]>();
  // A parent is registered before its children.
  for (const { urn, parent, type, name, options } of registrations) {
    const inherited = (formers.get(parent ?? "") ?? []).map((former) => {
      const [stack, project, types, formerName = ""] = former.split("::");
      const parentName = parent?.split("::").at(-1) ?? "";
      const kept = name.startsWith(parentName) ? `${formerName}${name.slice(parentName.length)}` : name;
      return [stack, project, `${types ?? ""}$${type}`, kept].join("::");
    });
    formers.set(urn, [...list(options.aliases).map(text), ...inherited]);
  }
  return formers;
}

function opened(name: string, names: readonly (readonly [string, string])[]): string {
  return [...names]
    .sort(([a], [b]) => b.length - a.length)
    .reduce((open, [literal, open_]) => open.replaceAll(literal, open_), name);
}

function namesOfRegion(code: string): readonly (readonly [string, string])[] {
  const zones = REGIONS.get(code)?.zones ?? [];
  return [[code, "{region}"], ...zones.map(({ id }) => [id, "{zone}"] as const)];
}

/** What a stack calls its hosts and who hears its alarms. */
function namesOf(stack: string): readonly (readonly [string, string])[] {
  const { sites, zones, alarms } = shipped(stack) as Record<string, Registration["inputs"][string]>;
  const keys = (value: typeof sites) => (isRecord(value) ? Object.keys(value) : []);
  return [
    ...keys(sites).map((host) => [host, "{host}"] as const),
    ...keys(zones).map((zone) => [`pop.${zone}`, "{popDomain}"] as const),
    ...keys(zones).map((zone) => [zone, "{zoneName}"] as const),
    ...list(at(alarms, "emails")).map((email) => [text(email), "{email}"] as const),
  ];
}

if (require.main === module) {
  void writeList();
}
