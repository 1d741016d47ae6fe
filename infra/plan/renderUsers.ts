import { indented, table, type Style } from "../terminal/table";
import type { JudgedTaker, PopLoss } from "./capacity";
import type { Latency } from "./latency/answers";
import type { PopUsersSummary, UsersSummary } from "./latency/summary";
import { latencyText, showGbps } from "./latency/words";
import { ms, percent } from "../page/words";
import type { Plan, PopSummary } from "./model";

type NamedPop = readonly [region: string, pop: PopSummary];

/** A taker of less than this is counted among "others": at most three of them stay unnamed. */
const SMALL_SHARE = 0.02;

export function lossTable({ pairLosses }: Plan, pops: readonly NamedPop[], style: Style): string {
  const losses = pops.flatMap(([, { loss }]) => loss ?? []);
  const rows = losses.flatMap((loss) => {
    const first = [loss.region, showGbps(loss.load), beforeAndAfter(loss)];
    const takers = loss.takers.filter(({ share, withinMax }) => share >= SMALL_SHARE || !withinMax);
    const others = loss.takers.filter((taker) => !takers.includes(taker));
    const lines = [
      ...takers.map((taker) => takerCells(taker, loss, pops, style)),
      ...(others.length === 0
        ? []
        : [
            [
              others.map(({ region }) => region).join(" "),
              percent(others.reduce((sum, { share }) => sum + share, 0)),
              "",
              "",
            ],
          ]),
      ...(loss.unplaced > 0
        ? [
            [
              style.yellow(losses.length === 1 ? "no other PoP is left" : "unknown"),
              percent(loss.unplaced / loss.load),
              "",
              "",
            ],
          ]
        : []),
    ];
    return lines.map((line, index) => [...(index === 0 ? first : ["", "", ""]), ...line]);
  });
  const stood = losses.some(({ basis }) => basis !== "peak");
  const hanging = losses.filter(({ hangsOn }) => hangsOn.length > 0);
  return [
    table(["lost", "load", "its users' median, p95", "go to", "share", "carries then", ""], rows, style),
    indented(
      [
        ...(pairLosses.length === 0 ? [] : [pairs(pairLosses, style)]),
        ...(hanging.length === 0
          ? []
          : [
              `~ another verdict is possible if figures are off by 20 %: ${hanging.map(({ region, hangsOn }) => `${region} (${hangsOn.join(" ")})`).join(", ")}`,
            ]),
        ...(stood ? ["a PoP without a peak is taken for as busy as its minimum size allows"] : []),
      ].join("\n"),
    ),
  ]
    .join("\n")
    .trimEnd();
}

function takerCells(taker: JudgedTaker, loss: PopLoss, pops: readonly NamedPop[], style: Style): string[] {
  const capacity = pops.find(([region]) => region === taker.region)?.[1].capacity;
  const size = taker.withinMin
    ? style.green("at its minimum")
    : taker.withinMax
      ? style.yellow("at its maximum")
      : style.red("too much");
  return [
    taker.region,
    percent(taker.share),
    `${showGbps(taker.total)} of ${showGbps(capacity?.atMin ?? 0)} to ${showGbps(capacity?.atMax ?? 0)}`,
    `${size}${loss.hangsOn.includes(taker.region) ? " ~" : ""}`,
  ];
}

function beforeAndAfter({ moved: { before, after } }: PopLoss): string {
  return before === null || after === null
    ? ""
    : `${ms(before.median)}, ${ms(before.p95)} -> ${ms(after.median)}, ${ms(after.p95)}`;
}

function pairs(all: Plan["pairLosses"], style: Style): string {
  const over = all.filter(({ overMax }) => overMax.length > 0);
  const worst = [...all].sort((a, b) => (b.latency?.mean ?? 0) - (a.latency?.mean ?? 0))[0];
  const verdictOfAll =
    over.length === 0
      ? style.green(`each of ${String(all.length)} pairs is carried`)
      : style.red(
          over.map(({ lost, overMax }) => `${lost.join(" and ")}: too much for ${overMax.join(", ")}`).join("; "),
        );
  const slowest =
    worst?.latency == null
      ? ""
      : `; the farthest: without ${worst.lost.join(" and ")} all users' median is ${ms(worst.latency.median)}, p95 ${ms(worst.latency.p95)}`;
  return `two at once: ${verdictOfAll}${slowest}`;
}

export function usersTable(
  { latency, origin, worst, undecided, tolerance, figures, weights, elsewhere }: UsersSummary,
  style: Style,
): string {
  return table(
    ["", ""],
    [
      ["with the footprint", latencyText(latency)],
      [`from ${origin.region} alone`, latencyText(origin.latency)],
      ...(latency === null || origin.latency === null
        ? []
        : [["what it buys", style.bold(bought(origin.latency, latency))]]),
      [
        "farthest",
        worst.map(({ name, country, pop, ms: far }) => `${name} ${country} ${ms(far)} from ${pop}`).join(", "),
      ],
      [`off by ${percent(tolerance)}`, `if figures are, another PoP may answer ${percent(undecided)} of the users`],
      ["figures", `${figures}; cities stand in for regions, Route 53 goes by its own`],
      [
        "weights",
        `${weights}${elsewhere > 0 ? `; ${percent(elsewhere)} of them, in countries without a figure, are left out` : ""}`,
      ],
    ],
    style,
  );
}

/** Cells of a PoP: its share of users, and their round trips. */
export function usersOfPop(users: PopUsersSummary | undefined): readonly [share: string, latency: string] {
  if (users === undefined) {
    return ["", ""];
  }
  const { share, latency } = users;
  return [
    share === null ? "?" : percent(share),
    latency === null ? "" : `${latency.median.toFixed(0)}, ${ms(latency.p95)}`,
  ];
}

function bought(before: Latency, after: Latency): string {
  const gain = (of: keyof Latency): string => ms(before[of] - after[of]);
  return `${gain("median")} at the median, ${gain("p95")} at p95, ${gain("mean")} on average`;
}
