import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "./load";
import type { FootprintConfig } from "./model";
import { compare, ConfigError } from "./problems";
import { stackConfigFromFile } from "./stackFile";
import { STACKS_FOLDER } from "./stacks";

/**
 * What a stack's file and another one of the folder both claim: the engine looks at one stack at a time, and the second
 * one fails in the middle of its first update. A file with mistakes is passed over: its own plan says them.
 */
export function clashes(config: FootprintConfig, folder = STACKS_FOLDER): readonly string[] {
  return otherStacks(config.stack, folder).flatMap((other) => between(config, other));
}

function otherStacks(stack: string, folder: string): readonly FootprintConfig[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .filter((name) => name !== stack)
    .sort(compare)
    .flatMap((name) => {
      try {
        return [loadConfig(name, stackConfigFromFile(join(folder, `Pulumi.${name}.yaml`)))];
      } catch (error) {
        if (error instanceof ConfigError) {
          return [];
        }
        throw error;
      }
    });
}

/** Names of two stacks in one zone. Zones that a stack makes are its own, whatever their name. */
function between(config: FootprintConfig, other: FootprintConfig): readonly string[] {
  const theirs = new Set(namesIn(other));
  const { popDomain } = config;
  return namesIn(config)
    .filter((name) => theirs.has(name))
    .map((name) => {
      const host = name.slice(name.indexOf(" ") + 1);
      const remedy =
        host === popDomain
          ? "set popDomain in one of the two, before its first `pulumi up`"
          : "a host belongs to one stack";
      return `the stack ${other.stack} has ${host} in the same zone, too: ${remedy}`;
    });
}

/** `<zone id> <name>` of all that a stack has records of. */
function namesIn({ zones, sites, primaryZone, popDomain }: FootprintConfig): readonly string[] {
  const ids = new Map(zones.flatMap(({ name, id }) => (id === undefined ? [] : [[name, id] as const])));
  const apexes = zones.filter(({ caaAtApex }) => caaAtApex).map(({ name }) => ({ host: name, zone: name }));
  const all = [{ host: popDomain, zone: primaryZone }, ...sites, ...apexes];
  const named = all.flatMap(({ host, zone }) => {
    const id = ids.get(zone);
    return id === undefined ? [] : [`${id} ${host}`];
  });
  return [...new Set(named)];
}
