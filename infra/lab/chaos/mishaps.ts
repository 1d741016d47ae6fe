import type { Stage } from "../scenarios/stage";

/** Something that happens to a footprint for a while. */
export interface Mishap {
  readonly name: string;
  /** Whose PoP it is about; null: nobody's, or everybody's. */
  readonly region: string | null;
  /** Whether nobody is to be sent to that PoP while it lasts: there must be another one. */
  readonly takesOut: boolean;
  /** Whether an operator has said that the PoP is not to answer any more. */
  readonly drains: boolean;
  /** @returns what went wrong, in sentences */
  readonly begin: (stage: Stage) => Promise<readonly string[]>;
  readonly end: (stage: Stage) => Promise<readonly string[]>;
}

const nothing = (): Promise<readonly string[]> => Promise.resolve([]);

/** How much longer a slow way is, ms. */
const SLOWER = 400;

/** All that may happen, in an order that does not change. */
export function mishaps(stage: Pick<Stage, "active" | "cities" | "zonesOf">): readonly Mishap[] {
  const [city] = stage.cities;
  return [
    ...stage.active.flatMap((region) => ofPop(region, stage.zonesOf(region))),
    ...(["down", "broken", "slow"] as const).map((state) =>
      mishap(
        `the origin is ${state}`,
        null,
        (on) => {
          on.setOrigin(state);
          return nothing();
        },
        (on) => {
          on.setOrigin("up");
          return nothing();
        },
      ),
    ),
    ...[
      ["all", "--all"],
      ["a host", "--host"],
      ["a tag", "--tag"],
    ].map(([what = "", option = ""]) =>
      mishap(`new pages, and a purge of ${what}`, null, async (on) => {
        on.newPages("/");
        const which = option === "--all" ? [] : option === "--host" ? [on.host] : ["page", "--host", on.host];
        return said("purge", await on.purge([option, ...which]));
      }),
    ),
    ...(city === undefined
      ? []
      : stage.active.map((region) =>
          mishap(
            `the way from ${city.name} to ${region} is slow`,
            null,
            (on) => {
              on.setWay(city.name, region, SLOWER);
              return nothing();
            },
            (on) => {
              on.setWay(city.name, region, 0);
              return nothing();
            },
          ),
        )),
  ];
}

function ofPop(region: string, zones: readonly string[]): readonly Mishap[] {
  const power = async (stage: Stage) => {
    await stage.bringPower();
    return [];
  };
  return [
    {
      ...mishap(
        `${region} is drained`,
        region,
        async (stage) => said("drain", await stage.drain(region)),
        async (stage) => said("undrain", await stage.undrain(region)),
      ),
      ...{ takesOut: true, drains: true },
    },
    {
      ...mishap(
        `${region} is lost`,
        region,
        async (stage) => {
          await stage.cutPower(region);
          return [];
        },
        power,
      ),
      takesOut: true,
    },
    ...zones.slice(0, 1).map((zone) =>
      mishap(
        `${zone} is lost`,
        region,
        async (stage) => {
          await stage.cutZone(region, zone);
          return [];
        },
        power,
      ),
    ),
    mishap(`${region} gets a node more`, region, (stage) => {
      const group = stage.group(region);
      group.resize(Math.min(group.desired + 1, group.max));
      return nothing();
    }),
    mishap(`AWS takes a node of ${region} away`, region, (stage) => {
      const group = stage.group(region);
      group.replace(group.nodes.find(({ state }) => state === "InService")?.id ?? "");
      return nothing();
    }),
  ];
}

function mishap(name: string, region: string | null, begin: Mishap["begin"], end: Mishap["end"] = nothing): Mishap {
  return { name, region, begin, end, takesOut: false, drains: false };
}

function said(command: string, status: number): readonly string[] {
  return status === 0 ? [] : [`footprint ${command} ended with ${status}`];
}

/**
 * Two of them at once, of different PoPs where they are about one; a third PoP must be there where both take one out, and
 * another one where one does.
 */
export function drawTwo(all: readonly Mishap[], pops: number, random: () => number): readonly [Mishap, Mishap] {
  const pairs = all.flatMap((one, index) =>
    all
      .slice(index + 1)
      .filter((other) => one.region === null || one.region !== other.region)
      .map((other) => [one, other] as const)
      .filter((pair) => pair.filter(({ takesOut }) => takesOut).length < pops)
      // Of two that set the origin or a version only one would be seen.
      .filter(([, { region, name }]) => one.region !== null || region !== null || !sameKind(one.name, name)),
  );
  const pair = pairs[Math.floor(random() * pairs.length)];
  if (pair === undefined) {
    throw new Error("there are no two things that may happen at once");
  }
  return pair;
}

function sameKind(one: string, other: string): boolean {
  return ["the origin", "new pages"].some((kind) => one.startsWith(kind) && other.startsWith(kind));
}
