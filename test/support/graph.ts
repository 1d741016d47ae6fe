import type { Recording, Registration } from "../../infra/plan/harness";
import { REGIONS } from "../../infra/config/regions";
import { places, readings, texts, type Place } from "./registrations";

/** Services of AWS that are global: their resources take no region. */
const GLOBAL_MODULES = /^aws:(?:iam|route53)\//;

/** The region of what is global but has one: Route 53's metrics, their alarms and who hears of them. */
export const GLOBAL_REGION = "us-east-1";

const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";
const ZONE = "aws:route53/zone:Zone";
const RECORD = "aws:route53/record:Record";
const SECRET = "random:index/randomPassword:RandomPassword";
const TOPIC = "aws:sns/topic:Topic";

/** Resources that are in the wrong region, or in one although they are global (P15). */
export function misplaced(recording: Recording): readonly string[] {
  const place = places(recording);
  return recording.registrations
    .filter(({ custom, type }) => custom && type.startsWith("aws:"))
    .filter(({ inputs, type, urn }) => {
      const where = place.get(urn) ?? "global";
      const expected = GLOBAL_MODULES.test(type)
        ? undefined
        : where !== "global" && where.kind === "pop"
          ? where.region
          : GLOBAL_REGION;
      return "region" in inputs ? inputs.region !== expected : expected !== undefined;
    })
    .map(label);
}

/** Texts of a PoP's resources in which another region stands (P15, P34). */
export function foreign(recording: Recording): readonly string[] {
  const place = places(recording);
  const regions = new RegExp(`(?<![a-z0-9])(?:${[...REGIONS.keys()].join("|")})(?![0-9])`, "g");
  return recording.registrations.flatMap((each) => {
    const where = place.get(each.urn) ?? "global";
    if (where === "global") {
      return [];
    }
    const allowed = where.kind === "routing" ? [where.region, GLOBAL_REGION] : [where.region];
    return texts({ name: each.name, inputs: each.inputs })
      .filter(({ text }) =>
        readings(text).some((text) => [...text.matchAll(regions)].some(([code]) => !allowed.includes(code))),
      )
      .map(({ path }) => `${label(each)} ${path}`);
  });
}

/** Dependencies that cross a bulkhead (P34). */
export function crossings(recording: Recording): readonly string[] {
  const place = places(recording);
  const byUrn = new Map(recording.registrations.map((each) => [each.urn, each]));
  return recording.registrations.flatMap((from) =>
    from.dependencies.flatMap((urn) => {
      const to = byUrn.get(urn);
      const allowed =
        to !== undefined &&
        // It shows all PoPs; nothing may wait for it.
        (from.type === DASHBOARD || mayDependOn(place.get(from.urn) ?? "global", place.get(urn) ?? "global", to));
      return allowed ? [] : [`${label(from)} -> ${to === undefined ? urn : label(to)}`];
    }),
  );
}

function mayDependOn(from: Place, to: Place, { type, inputs }: Registration): boolean {
  if (from === "global") {
    return to === "global";
  }
  if (to === "global") {
    const shared = type === ZONE || (type === RECORD && inputs.type === "CAA");
    return shared || type === (from.kind === "pop" ? SECRET : TOPIC);
  }
  return from.region === to.region && (from.kind === "routing" || to.kind === "pop");
}

/** Texts that say that something was not there when it was written down (P12). */
export function unspoken({ registrations, outputs }: Recording): readonly string[] {
  const broken = ({ text }: { text: string }) =>
    readings(text).some((each) => /\bundefined\b|\[object [A-Z]|\bNaN\b|Calling \[toString\]/.test(each));
  return [
    ...registrations.flatMap((each) =>
      texts({ name: each.name, inputs: each.inputs, options: each.options })
        .filter(broken)
        .map(({ path }) => `${label(each)} ${path}`),
    ),
    ...texts(outputs)
      .filter(broken)
      .map(({ path }) => `export ${path}`),
  ];
}

/** URNs that two registrations share (P14). */
export function twins({ registrations }: Recording): readonly string[] {
  const urns = registrations.map(({ urn }) => urn);
  return urns.filter((urn, index) => urns.indexOf(urn) !== index);
}

/** Type and name of each registration, in code-unit order. */
export function roster({ registrations }: Recording): readonly string[] {
  return registrations.map(label).sort();
}

function label({ type, name }: Pick<Registration, "type" | "name">): string {
  return `${type} ${name}`;
}
