import { percent } from "../page/words";
import { indented, table, type Style } from "../terminal/table";
import type { Cheaper, ManagedCdn } from "./managedCdn";
import { RESPONSE_BYTES } from "./capacity";
import type { Plan, PopSummary } from "./model";
import { BETWEEN_NODES, MEAN_OF_PEAK } from "./traffic";

/** What the traffic costs beside all else, and what a managed CDN would take for it; empty where nothing says how much it is. */
export function trafficTable(
  { stack, traffic, cost }: Plan,
  pops: readonly (readonly [region: string, pop: PopSummary])[],
  style: Style,
): string {
  if (traffic === null) {
    return "";
  }
  const rows = pops.flatMap(([region, pop]) =>
    pop.traffic === undefined
      ? []
      : [
          [
            region,
            volume(pop.traffic.gb),
            ...COLUMNS.map((item) => amountOf(pop.traffic?.cost.lines.find((each) => each.item === item)?.monthly)),
            amount(pop.cost.total + pop.traffic.cost.total, pop.cost.partial || pop.traffic.cost.partial),
          ],
        ],
  );
  const partial = cost.partial || traffic.partial;
  return [
    table(
      [
        "region",
        "traffic",
        "more nodes",
        "to the Internet",
        "capacity units",
        "between zones",
        "one cache",
        "with all else",
      ],
      rows,
      style,
    ),
    indented(
      [
        "",
        `${style.bold(amount(cost.total + traffic.total, partial))} for the footprint with ${volume(traffic.gb)} to clients, ${
          traffic.from === "peak" ? `${String(MEAN_OF_PEAK * 100)} % of the peaks all month` : "shared by users"
        }`,
        ...(traffic.missing.length === 0
          ? []
          : [`* without a sourced price: ${traffic.missing.join(", ")}`, readThem(stack)]),
        ...oneCache(pops),
        ...(traffic.managed === null ? [] : managed(traffic.managed)),
      ].join("\n"),
    ),
  ].join("\n");
}

/** What to run for prices that are missing. */
export function readThem(stack: string): string {
  return `\`footprint prices --stack ${stack}\` reads them from AWS's price list`;
}

const COLUMNS = [
  "nodes above the minimum size",
  "data to the Internet",
  "load balancer capacity units",
  "data between zones",
  BETWEEN_NODES,
];

/** What the nodes of PoPs that are one cache cost, and what of it the NAT gateway gives back. */
function oneCache(pops: readonly (readonly [region: string, pop: PopSummary])[]): readonly string[] {
  return pops.flatMap(([region, { traffic }]) => {
    const between = traffic?.cost.lines.find(({ item }) => item === BETWEEN_NODES);
    if (traffic === undefined || between === undefined) {
      return [];
    }
    const { paidByNat } = traffic;
    return [
      `${region}: its nodes are one cache, so that at most ${volume(between.quantity / 2)} go from zone to zone; ${
        paidByNat === null
          ? "no NAT gateway gives it back, and what it spares is the origins' own"
          : `the NAT gateway gives it back where origins send ${percent(paidByNat)} of what clients get less`
      }`,
    ];
  });
}

function managed({ monthly, requests, cheaper }: ManagedCdn): readonly string[] {
  return [
    `${amount(monthly, false)} at CloudFront, pay as you go, for the same in ${(requests / 1e6).toFixed(0)} million responses of ${String(Math.round(RESPONSE_BYTES / 1000))} KB`,
    cheaper === null
      ? "from which traffic on which of the two is cheaper needs the prices that are missing"
      : `for this traffic, more or less of it: ${verdict(cheaper)}`,
    "not counted are CloudFront's flat plans and its discounts for a commitment, which are lower",
  ];
}

function verdict(cheaper: readonly Cheaper[]): string {
  const name = { CloudFront: "CloudFront is cheaper", footprint: "the footprint is" };
  const [only, ...more] = cheaper;
  return more.length === 0
    ? `${only?.which === "CloudFront" ? "CloudFront" : "the footprint"} is cheaper at any`
    : cheaper
        .map(({ which, from }, index) =>
          index === 0 ? `${name[which]} at first` : `from ${volume(from)} a month on ${name[which]}`,
        )
        .join(", ");
}

function volume(gb: number): string {
  return gb < 1024 ? `${String(Math.round(gb))} GB` : `${(gb / 1024).toFixed(gb < 102_400 ? 1 : 0)} TB`;
}

function amountOf(monthly: number | null | undefined): string {
  return monthly === undefined ? "" : monthly === null ? "?" : monthly.toFixed(2);
}

function amount(usd: number, partial: boolean): string {
  return `${usd.toFixed(2)}${partial ? "* partial" : ""}`;
}
