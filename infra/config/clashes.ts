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

/** A name that a stack has records of. */
interface Claim {
  readonly name: string;
  readonly zone: string;
  /** The zone's; undefined where the stack makes the zone. */
  readonly id: string | undefined;
  /** Whether it is of PoPs, and moves with `popDomain`. */
  readonly isPops: boolean;
}

/** Names of two stacks in one zone. Zones that both of them make are two, whatever their name. */
function between(config: FootprintConfig, other: FootprintConfig): readonly string[] {
  const theirs = claimsOf(other);
  const met = claimsOf(config).flatMap((claim) => {
    const their = theirs.find((each) => each.name === claim.name && mayBeInOneZone(each, claim));
    return their === undefined ? [] : [{ ...claim, their }];
  });
  const isSaid = met.some(({ name }) => name === config.popDomain && name === other.popDomain);
  return (
    met
      // With their popDomain all of their PoPs' names are said.
      .filter(({ name, isPops, their }) => !isSaid || name === config.popDomain || !isPops || !their.isPops)
      .map(({ name, zone, id, isPops, their }) => {
        const remedy =
          isPops || their.isPops
            ? "set popDomain in one of the two, before its first `pulumi up`"
            : "a host belongs to one stack";
        return id === their.id
          ? `the stack ${other.stack} has ${name} in the same zone, too: ${remedy}`
          : `the stack ${other.stack} has ${name}, too, in ${zone}, which one of the two makes and the other has by its id: if that is the same zone, ${remedy}`;
      })
  );
}

function mayBeInOneZone(a: Claim, b: Claim): boolean {
  return a.id === b.id ? a.id !== undefined : a.zone === b.zone && (a.id === undefined || b.id === undefined);
}

/** All names that a stack has records of, each once. */
function claimsOf({ zones, sites, pops, primaryZone, popDomain }: FootprintConfig): readonly Claim[] {
  const ids = new Map(zones.map(({ name, id }) => [name, id]));
  const own = [popDomain, ...pops.map(({ region }) => `${region}.${popDomain}`)];
  const apexes = zones.filter(({ caaAtApex }) => caaAtApex).map(({ name }) => ({ host: name, zone: name }));
  const claims = [
    ...own.map((name) => ({ name, zone: primaryZone, isPops: true })),
    ...[...sites, ...apexes].map(({ host, zone }) => ({ name: host, zone, isPops: false })),
  ].map((claim): Claim => ({ ...claim, id: ids.get(claim.zone) }));
  return [...new Map(claims.map((claim) => [claim.name, claim])).values()];
}
