import { indented, table, type Style } from "../terminal/table";
import type { Advice, PricedChange } from "./advise";
import type { GoalAdvice } from "./latency/advice";
import { latencyText, signedMs } from "./latency/words";
import { ms, percent } from "../page/words";

/** Rows of a list that goes on: all are in `--json`. */
const ROWS = 8;

/** The advice as a platform team reads it. */
export function renderAdvice(advice: Advice, style: Style): string {
  const { stack, pops, users, goal } = advice;
  const title = [
    `${style.bold(stack)}: ${String(pops.length)} active PoPs, ${latencyText(users.latency)}`,
    `figures: ${users.figures}; weights: ${users.weights}`,
  ].join("\n");
  const sections: readonly (readonly [title: string, body: string])[] = [
    ["A PoP more, the most latency gained on average first", additions(advice, style)],
    ["A PoP less, the least latency lost on average first", removals(advice, style)],
    [`A shield, with the origin in ${users.origin.region}`, shieldTable(advice, style)],
    ...(goal === null ? [] : [[`Within ${ms(goal.goal)}`, goalText(goal, style)] as const]),
  ];
  return [title, ...sections.map(([name, body]) => `${style.bold(name)}\n${body}`)].join("\n\n").concat("\n");
}

function additions({ add, contested, users, withoutFigures }: Advice, style: Style): string {
  const [best] = add;
  const rows = add.slice(0, ROWS).map((each) => [...change(each), bounds(each), ...money(each), places(each)]);
  const notes = [
    ...(best !== undefined && contested.length > 0
      ? [`if figures are off by ${percent(users.tolerance)}, the first may also be ${contested.join(", ")}`]
      : []),
    ...moneyNotes(add),
    ...(withoutFigures.length > 0 ? [`no figure, so nothing is said of ${withoutFigures.join(", ")}`] : []),
  ];
  return [
    table(
      [
        "region",
        "place",
        "its users",
        "median",
        "p95",
        "average",
        "if off by 20 %",
        "$ a month",
        "ms for $ 100",
        "most for",
      ],
      rows,
      style,
    ),
    ...(notes.length === 0 ? [] : [indented(notes.join("\n"))]),
  ].join("\n");
}

function removals({ leaveOut }: Advice, style: Style): string {
  if (leaveOut.length === 0) {
    return indented("it is the only one");
  }
  const rows = leaveOut
    .slice(0, ROWS)
    .map((each) => [
      ...change(each),
      bounds(each),
      ...money(each).slice(0, 1),
      load(each.carried, style),
      places(each),
    ]);
  return table(
    ["region", "place", "its users", "median", "p95", "average", "if off by 20 %", "$ a month", "its load", "most for"],
    rows,
    style,
  );
}

function load(carried: boolean | null, style: Style): string {
  return carried === null ? style.yellow("unknown") : carried ? style.green("is carried") : style.red("is not carried");
}

/** What the users' latency becomes by it: minus is faster. */
function change({ region, place, optIn, share, gain }: PricedChange): string[] {
  return [
    region,
    `${place}${optIn ? ", opt-in" : ""}`,
    percent(share),
    signedMs(-gain.median),
    signedMs(-gain.p95),
    signedMs(-gain.mean),
  ];
}

function bounds({ gainBounds: { least, most } }: PricedChange): string {
  return `${signedMs(-most)} to ${signedMs(-least)}`;
}

function money({ monthly, msPer100Dollars }: PricedChange): string[] {
  const cost = monthly === null ? "?" : `${monthly.total.toFixed(0)}${monthly.partial ? "*" : ""}`;
  return [
    cost,
    msPer100Dollars === null ? "?" : `${msPer100Dollars.toFixed(2)}${monthly?.partial === true ? "*" : ""}`,
  ];
}

function moneyNotes(changes: readonly PricedChange[]): string[] {
  const missing = [...new Set(changes.flatMap(({ monthly }) => monthly?.missing ?? []))];
  return missing.length === 0
    ? []
    : [`* without a sourced price: ${missing.join(", ")}; so the latency for 100 dollars is less than that`];
}

function places({ places: changed }: PricedChange): string {
  return changed
    .map(({ name, country, before, after }) => `${name} ${country} ${before.toFixed(0)} -> ${ms(after)}`)
    .join(", ");
}

function shieldTable({ shields, pops }: Advice, style: Style): string {
  const rows = shields
    .slice(0, ROWS)
    .map(({ region, isPop, found, fetched, added, gb, monthlyOfATenth }) => [
      region,
      isPop ? "yes" : "",
      ms(found),
      ms(fetched),
      signedMs(added),
      gb === null ? "?" : gb.toFixed(3),
      monthlyOfATenth === null ? "?" : monthlyOfATenth.toFixed(0),
    ]);
  return [
    table(
      [
        "region",
        "is a PoP",
        "found in it",
        "fetched through it",
        "against asking the origin",
        "$ a GB, at most",
        "$ a month for 10 %",
      ],
      rows,
      style,
    ),
    indented(
      `what ${String(pops.length)} PoPs are asked for costs the origin one request and not ${String(pops.length)}; each GB that another PoP fetches is billed to the shield: $ a month, at most, for each tenth of what the others send that they have not stored${shields.some(({ monthlyOfATenth }) => monthlyOfATenth !== null) ? "" : " (? until a PoP has a peak)"}`,
    ),
  ].join("\n");
}

function goalText({ asked, add, exact, unreachable, latency }: GoalAdvice, style: Style): string {
  const needed =
    add.length === 0
      ? unreachable.length === 0
        ? style.green("the PoPs that there are suffice")
        : "no further region brings another place within it"
      : `${style.bold(add.join(", "))}: ${String(add.length)} more, ${exact ? "no smaller set does" : "found step by step; a smaller set may exist"}`;
  return indented(
    [
      `${needed} (for ${String(asked)} places: ${latencyText(latency)} then)`,
      ...(unreachable.length === 0
        ? []
        : [
            `${style.yellow("out of reach")} of every region, with the nearest: ${unreachable
              .map(({ name, country, region, ms: far }) => `${name} ${country} ${ms(far)} (${region})`)
              .join(", ")}`,
          ]),
    ].join("\n"),
  );
}
