import { asciiHint, canonicalName, isHostName, isWithin, primaryZoneOf, zoneOf } from "./names";
import { repeated, type Rule } from "./rule";

/**
 * The domain name of an ACM certificate has at most 64 characters (RequestCertificate, after the common name of RFC 5280),
 * and the PoPs' own names have `*.` in front.
 */
const POP_DOMAIN_LIMIT = 62;
/** Of the zone that holds `pop.<zone>`. */
const PRIMARY_ZONE_LIMIT = POP_DOMAIN_LIMIT - "pop.".length;

const zoneName: Rule = {
  id: "zone-name",
  check: ({ input }) =>
    Object.keys(input.zones)
      .filter((name) => !isHostName(name))
      .map((name) => ({
        path: ["zones", name],
        message: `must be a domain name in lower case without a final dot, such as "example.com", got "${name}"${asciiHint(name)}`,
      })),
};

const zoneTwice: Rule = {
  id: "zone-twice",
  check: ({ input }) =>
    repeated(Object.keys(input.zones).map(canonicalName)).map((name) => ({
      path: ["zones"],
      message: `must name a zone once, got "${name}" in several spellings`,
    })),
};

const zoneSource: Rule = {
  id: "zone-source",
  check: ({ input, known }) =>
    Object.entries(input.zones)
      .filter(([name, zone]) => known("zones", name) && (zone.id === undefined) === (zone.create === undefined))
      .map(([name, zone]) => ({
        path: ["zones", name],
        message: `must have either the id of an existing zone or create: true, got ${zone.id === undefined ? "neither" : "both"}`,
      })),
};

const zoneIdTwice: Rule = {
  id: "zone-id-twice",
  check: ({ input }) =>
    repeated(Object.values(input.zones).flatMap((zone) => zone.id ?? [])).map((id) => ({
      path: ["zones"],
      message: `must use the id of a zone once, got "${id}" for several zones`,
    })),
};

/** The engine hands a map over with its keys sorted, so "the first zone" of a file is not to be known. */
const zonePrimary: Rule = {
  id: "zone-primary",
  check: ({ input, known, entire }) => {
    const names = Object.keys(input.zones).sort();
    const primary = names.filter((name) => input.zones[name]?.primary === true);
    const given = entire("zones") && names.every((name) => known("zones", name, "primary"));
    if (names.length < 2 || primary.length === 1 || !given) {
      return [];
    }
    return [
      {
        path: ["zones"],
        message: `must have primary: true in exactly one of several zones (that one holds pop.<zone>, the names of the single PoPs), got it in ${primary.length === 0 ? `none of ${names.join(", ")}` : primary.join(", ")}`,
      },
    ];
  },
};

const zoneLength: Rule = {
  id: "zone-length",
  check: ({ input }) => {
    const names = Object.keys(input.zones);
    return names
      .filter((name) => name === primaryZoneOf(input) && input.popDomain === undefined)
      .filter((name) => name.length > PRIMARY_ZONE_LIMIT)
      .map((name) => ({
        path: ["zones", name],
        message: `must have at most ${String(PRIMARY_ZONE_LIMIT)} characters, since the name of an ACM certificate ("*.pop." and the zone) has at most 64, got ${String(name.length)}`,
      }));
  },
};

/** The names of the single PoPs are in the primary zone, and not its apex: a CAA record and a certificate are theirs. */
const popDomain: Rule = {
  id: "pop-domain",
  check: ({ input, entire }) => {
    const { popDomain: name, zones } = input;
    const primary = primaryZoneOf(input);
    if (name === undefined || primary === undefined || !entire("zones")) {
      return [];
    }
    const inZone = name !== primary && zoneOf(name, Object.keys(zones)) === primary;
    if (!isHostName(name) || !inZone) {
      return [
        {
          path: ["popDomain"],
          message: `must be a name below the primary zone and in no other one, such as "staging.pop.${primary}", got "${name}"${asciiHint(name)}`,
        },
      ];
    }
    return name.length <= POP_DOMAIN_LIMIT
      ? []
      : [
          {
            path: ["popDomain"],
            message: `must have at most ${String(POP_DOMAIN_LIMIT)} characters, since the name of an ACM certificate ("*." and this) has at most 64, got ${String(name.length)}`,
          },
        ];
  },
};

/**
 * A host belongs to the longest zone that it ends with. So a zone that is listed within another one would take hosts out
 * of that in one update, while clients are still told to ask there.
 */
const zoneDelegated: Rule = {
  id: "zone-delegated",
  check: ({ input, known }) => {
    const names = Object.keys(input.zones);
    return names
      .filter((name) => known("zones", name, "delegated"))
      .flatMap((name) => {
        const above = names.find((other) => other !== name && isWithin(name, other));
        const delegated = input.zones[name]?.delegated === true;
        if ((above !== undefined) === delegated) {
          return [];
        }
        return [
          {
            path: ["zones", name, "delegated"],
            message:
              above === undefined
                ? "must be left out: the zone lies in no other zone of the file"
                : `must be true, since the zone lies in ${above}: the records of hosts in it stand here from then on, so hand them over first (runbook, "Hand a zone over")`,
          },
        ];
      });
  },
};

/** Such a zone would be delegated, and the PoPs' names, which are written into the zone above it, would answer nobody. */
const zonePop: Rule = {
  id: "zone-pop",
  check: ({ input: { zones, popDomain: own } }) => {
    const names = Object.keys(zones);
    // A zone at `popDomain` itself is refused there.
    const isTaken = (name: string) =>
      names.some((other) => isWithin(name, `pop.${other}`)) ||
      (own !== undefined && name !== own && isWithin(name, own));
    return names.filter(isTaken).map((name) => ({
      path: ["zones", name],
      message: `must not lie at or below ${own === undefined ? "" : "popDomain or "}pop.<zone> of another zone: those names belong to the single PoPs`,
    }));
  },
};

/** Rules about the hosted zones. */
export const ZONE_RULES: readonly Rule[] = [
  zoneName,
  zoneTwice,
  zoneSource,
  zoneIdTwice,
  zonePrimary,
  zoneLength,
  zonePop,
  zoneDelegated,
  popDomain,
];
