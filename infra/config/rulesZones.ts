import { canonicalName, isHostName } from "./names";
import { repeated, type Rule } from "./rule";

/**
 * Longest name of the zone that holds `pop.<zone>`: the domain name of an ACM certificate has at most 64 characters
 * (RequestCertificate, after the common name of RFC 5280), and `*.pop.` takes six.
 */
const PRIMARY_ZONE_LIMIT = 58;

const zoneName: Rule = {
  id: "zone-name",
  check: ({ input }) =>
    Object.keys(input.zones)
      .filter((name) => !isHostName(name))
      .map((name) => ({
        path: ["zones", name],
        message: `must be a domain name in lower case without a final dot, such as "example.com", got "${name}"`,
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
      .filter((name) => names.length === 1 || input.zones[name]?.primary === true)
      .filter((name) => name.length > PRIMARY_ZONE_LIMIT)
      .map((name) => ({
        path: ["zones", name],
        message: `must have at most ${String(PRIMARY_ZONE_LIMIT)} characters, since the name of an ACM certificate ("*.pop." and the zone) has at most 64, got ${String(name.length)}`,
      }));
  },
};

/** A zone `pop.example.com` would be delegated, and the PoPs' names in `example.com` would answer nobody. */
const zonePop: Rule = {
  id: "zone-pop",
  check: ({ input }) => {
    const names = Object.keys(input.zones);
    return names
      .filter((name) => names.some((other) => name === `pop.${other}` || name.endsWith(`.pop.${other}`)))
      .map((name) => ({
        path: ["zones", name],
        message: "must not lie at or below pop.<zone> of another zone: those names belong to the single PoPs",
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
];
