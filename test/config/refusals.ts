import type { Problem } from "../../infra/config/problems";
import { region, REGIONS } from "../../infra/config/regions";
import { base, parsePath, problemsOf, withValue, type Attempt, type Draft } from "./base";
import { KNOWN_REGIONS, POP_CASES } from "./casesPops";
import { SHAPE_CASES, UNKNOWN_KEY_CASES } from "./casesShape";
import { SITE_CASES } from "./casesSites";

/** A value put at a path of the base configuration (undefined: taken away), and every line that refuses it. */
export type Case = readonly [path: string, value: unknown, lines: readonly string[]];

/** One configuration with a mistake, and every line that must come of it. */
export interface Refusal {
  readonly title: string;
  readonly attempt: Attempt;
  readonly lines: readonly string[];
}

/** What the table edits cannot say: mistakes outside the `footprint:*` keys, and of a region that does not exist. */
const OTHERS: readonly Refusal[] = [
  {
    title: "a stack name with upper case",
    attempt: { draft: base(), stack: "Global" },
    lines: [
      'stack: must be a lower-case letter and then letters, digits or hyphens, at most 24 (it becomes part of bucket and role names), got "Global"',
    ],
  },
  {
    title: "a stack name of 25 characters",
    attempt: { draft: base(), stack: "a".repeat(25) },
    lines: [
      'stack: must be a lower-case letter and then letters, digits or hyphens, at most 24 (it becomes part of bucket and role names), got "aaaaaaaaaaaaaaaaaaaaaaaaa"',
    ],
  },
  {
    title: "no home region",
    attempt: { draft: base(), home: null },
    lines: ["aws:region: must be set: the home of what is global, such as us-east-1"],
  },
  {
    title: "a home region that does not exist",
    attempt: { draft: base(), home: "us-east-9" },
    lines: [`aws:region: unknown region "us-east-9", did you mean "us-east-1"? known: ${KNOWN_REGIONS}`],
  },
  {
    title: "a shield that is drained",
    attempt: {
      draft: {
        ...base(),
        sites: { "cdn.example.com": { origin: "https://origin.example.net", shield: "eu-west-1" } },
        pops: { "eu-west-1": { state: "drained" }, "us-east-1": {} },
      },
    },
    lines: [
      'sites["cdn.example.com"].shield: must be the region of an active PoP of this stack (us-east-1), got "eu-west-1", which is drained: name another one first, or none',
    ],
  },
  {
    title: "a region that Route 53 does not route to",
    attempt: {
      draft: base(),
      regions: new Map([...REGIONS, ["us-east-1", { ...region("us-east-1"), latencyRouting: false }]]),
    },
    lines: ["pops.us-east-1: must be a region that Route 53 knows in latency records: no client would be sent here"],
  },
];

/** Every refusing case. */
export const REFUSALS: readonly Refusal[] = [
  ...SHAPE_CASES.map(([value, line]) => edit(line.slice(0, line.indexOf(": ")), value, [line])),
  ...UNKNOWN_KEY_CASES.map(([key, value, line]) => {
    const parent = line.slice(0, line.indexOf(": "));
    return edit(parent === "footprint" ? key : `${parent}.${key}`, value, [line]);
  }),
  ...[...POP_CASES, ...SITE_CASES].map(([path, value, lines]) => edit(path, value, lines)),
  ...OTHERS,
];

/** The problems that a refusal brings, all of them. */
export function problemsOfRefusal({ attempt }: Refusal): readonly Problem[] {
  return problemsOf(attempt);
}

function edit(path: string, value: unknown, lines: readonly string[]): Refusal {
  const draft = withValue(base(), parsePath(path), value) as Draft;
  const present = Object.fromEntries(Object.entries(draft).filter(([, entry]) => entry !== undefined));
  const given = value === undefined ? "nothing" : JSON.stringify(value);
  return {
    title: `${path} = ${given.length > 60 ? `${given.slice(0, 60)}...` : given}`,
    attempt: { draft: present },
    lines,
  };
}
