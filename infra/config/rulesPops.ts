import { twice, type Rule, type RuleContext } from "./rule";
import { unknownRegion } from "./rulesFootprint";
import { POP_DEFAULTS } from "./schemaPop";
import { popSettings, usableZones, type PopSettings } from "./settings";
import { region, type Region } from "./regions";
import type { PopInput } from "./schema";

interface GivenPop {
  readonly code: string;
  readonly pop: PopInput;
  readonly region: Region;
  readonly settings: PopSettings;
}

/** The PoPs in regions that exist. */
function pops({ input, regions }: RuleContext): readonly GivenPop[] {
  return Object.entries(input.pops)
    .filter(([code]) => regions.has(code))
    .map(([code, pop]) => ({ code, pop, region: region(code, regions), settings: popSettings(input, code, regions) }));
}

/** Whether the shape of these settings of a PoP, its own and those of `defaults`, was in order. */
function knownSettings(context: RuleContext, code: string, ...keys: readonly string[]): boolean {
  return keys.every((key) => context.known("pops", code, key) && context.known("defaults", key));
}

const popRegion: Rule = {
  id: "pop-region",
  check: (context) =>
    Object.keys(context.input.pops)
      .filter((code) => !context.regions.has(code))
      .map((code) => ({ path: ["pops"], message: unknownRegion(code, context) })),
};

const popOptIn: Rule = {
  id: "pop-opt-in",
  check: (context) =>
    pops(context)
      .filter(({ code, region: { optIn } }) => optIn && !context.input.acknowledge.optInRegions.includes(code))
      .filter(() => context.known("acknowledge", "optInRegions"))
      .map(({ code }) => ({
        path: ["pops", code],
        message: `must be acknowledged, since an account has to enable this region first: add "${code}" to acknowledge.optInRegions once it is enabled`,
      })),
};

const popLatency: Rule = {
  id: "pop-latency",
  check: (context) =>
    pops(context)
      .filter(({ region: { latencyRouting } }) => !latencyRouting)
      .map(({ code }) => ({
        path: ["pops", code],
        message: "must be a region that Route 53 knows in latency records: no client would be sent here",
      })),
};

const popLastActive: Rule = {
  id: "pop-last-active",
  check: (context) => {
    const all = Object.entries(context.input.pops);
    return all.length > 0 && context.entire("pops") && all.every(([, pop]) => pop.state === "drained")
      ? [
          {
            path: ["pops"],
            message: "must have at least one active PoP: with all of them drained no name has an answer",
          },
        ]
      : [];
  },
};

const zonesCount: Rule = {
  id: "zones-count",
  check: (context) =>
    pops(context).flatMap(({ code, pop }) => {
      const usable = usableZones(code, context.regions);
      return typeof pop.zones === "number" && pop.zones > usable.length
        ? [
            {
              path: ["pops", code, "zones"],
              message: `must be at most ${String(usable.length)} in ${code}, got ${String(pop.zones)}`,
            },
          ]
        : [];
    }),
};

/** A rule about each zone id that a PoP names. */
function zoneRule(
  id: string,
  message: (zoneId: string, given: GivenPop, context: RuleContext) => string | undefined,
): Rule {
  return {
    id,
    check: (context) =>
      pops(context).flatMap((given) =>
        (Array.isArray(given.pop.zones) ? given.pop.zones : []).flatMap((zoneId, position) => {
          const text = message(zoneId, given, context);
          return text === undefined ? [] : [{ path: ["pops", given.code, "zones", position], message: text }];
        }),
      ),
  };
}

const zonesRegion = zoneRule("zones-region", (id, { code, region: { zones } }, { regions }) =>
  zones.some((zone) => zone.id === id)
    ? undefined
    : `must be a zone of ${code} (${usableZones(code, regions).join(", ")}), got "${id}"`,
);

const zonesUsable = zoneRule("zones-usable", (id, { code, region: { zones } }, { regions }) =>
  zones.some((zone) => zone.id === id && !zone.usable)
    ? `must be a zone that has the instance types (${usableZones(code, regions).join(", ")}), got "${id}"`
    : undefined,
);

const zonesTwice: Rule = {
  id: "zones-twice",
  check: (context) =>
    pops(context).flatMap(({ code, pop }) =>
      twice(["pops", code, "zones"], "a zone", Array.isArray(pop.zones) ? pop.zones : []),
    ),
};

const nodesRange: Rule = {
  id: "nodes-range",
  check: (context) =>
    pops(context)
      .filter(({ code, settings }) => settings.min > settings.max && knownSettings(context, code, "nodes", "zones"))
      .map(({ code, settings }) => ({
        path: ["pops", code, "nodes"],
        message: `must have min at most max, got min ${String(settings.min)} and max ${String(settings.max)}`,
      })),
};

const nodesSpot: Rule = {
  id: "nodes-spot",
  check: (context) =>
    pops(context)
      .filter(({ settings }) => settings.spotShare > 0 && settings.max === settings.min)
      .filter(({ code }) => knownSettings(context, code, "nodes", "zones"))
      .map(({ code, settings }) => ({
        path: ["pops", code, "nodes", "spotShare"],
        message: `must be 0 while max is min (${String(settings.min)}): only nodes above min are Spot, got ${String(settings.spotShare)}`,
      })),
};

const crossZoneSize: Rule = {
  id: "cross-zone-size",
  check: (context) =>
    pops(context).flatMap(({ code, pop, settings }) => {
      const needed = POP_DEFAULTS.minNodesPerZone * settings.zones.length;
      if (
        settings.crossZone ||
        settings.min >= needed ||
        !knownSettings(context, code, "nodes", "zones", "crossZone")
      ) {
        return [];
      }
      const source = pop.crossZone === undefined ? " from defaults" : "";
      return [
        {
          path: ["pops", code, "crossZone"],
          message: `must be true or unset while nodes.min is below ${String(needed)} (2 per zone: without it a lost node is a dead zone address), got false${source} with nodes.min ${String(settings.min)}`,
        },
      ];
    }),
};

/** A region whose offer is not known has no default types. */
const typesMissing: Rule = {
  id: "types-missing",
  check: (context) =>
    pops(context)
      .filter(({ code, settings }) => settings.types === undefined && knownSettings(context, code, "nodes"))
      .map(({ code }) => ({
        path: ["pops", code, "nodes", "types"],
        message: `must be set in ${code}: the region table knows no instance types for it, look up which arm64 types it offers`,
      })),
};

/** Rules about where PoPs are and how large they are. */
export const POP_RULES: readonly Rule[] = [
  popRegion,
  popOptIn,
  popLatency,
  popLastActive,
  zonesCount,
  zonesRegion,
  zonesUsable,
  zonesTwice,
  nodesRange,
  nodesSpot,
  crossZoneSize,
  typesMissing,
];
