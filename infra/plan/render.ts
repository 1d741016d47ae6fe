import { indented, table, type Style } from "../terminal/table";
import { type PopCapacity, RESPONSE_BYTES } from "./capacity";
import { type CostEstimate, leftOut } from "./cost";
import { showGbps } from "./latency/words";
import type { Plan, PopSummary } from "./model";
import { tooSmall } from "./quotas";
import { readThem, trafficTable } from "./renderTraffic";
import { lossTable, usersOfPop, usersTable } from "./renderUsers";

type NamedPop = readonly [region: string, pop: PopSummary];

/** The plan as an operator reads it: what there will be, what it carries, what it costs, what it needs. */
export function renderPlan(plan: Plan, style: Style): string {
  const pops = Object.entries(plan.pops);
  const sections: readonly (readonly [title: string, body: string])[] = [
    ["Notes", notes(plan, style)],
    ["PoPs", popTable(pops, style)],
    ["Users, round trips to who answers them", usersTable(plan.users, style)],
    ["Routing", routing(plan, style)],
    ["Users and capacity, Gbit/s that the nodes sustain", capacityTable(pops, style)],
    ["If a PoP is lost: where its users go, and what is carried there, Gbit/s", lossTable(plan, pops, style)],
    ["Cost a month at least, US dollars", costTable(plan, pops, style)],
    ["With traffic, US dollars a month", trafficTable(plan, pops, style)],
    ["Quotas above AWS's default", quotaTable(plan, pops, style)],
  ];
  const resources = plan.resources.filter((each) => !each.component).length;
  const title = `${style.bold(plan.stack)}: ${count(pops.length, "PoP")}, ${count(Object.keys(plan.routing.hosts).length, "site")}, ${count(resources, "resource")}`;
  return [title, ...sections.filter(([, body]) => body !== "").map(([name, body]) => `${style.bold(name)}\n${body}`)]
    .join("\n\n")
    .concat("\n");
}

function notes(plan: Plan, style: Style): string {
  return plan.notes.map((note) => `  ${style.yellow("!")} ${note}`).join("\n");
}

function popTable(pops: readonly NamedPop[], style: Style): string {
  return table(
    ["region", "place", "state", "block", "zones", "egress", "nodes", "instance types", "resources"],
    pops.map(([region, pop]) => [
      region,
      pop.place,
      pop.state === "active" ? style.green("active") : style.yellow("drained"),
      pop.cidr,
      `${pop.zones.map((zone) => zone.slice(zone.indexOf("-") + 1)).join(" ")}${pop.crossZone ? " cross" : ""}`,
      pop.egress,
      `${String(pop.nodes.min)} to ${String(pop.nodes.max)}${pop.nodes.spotShare > 0 ? `, spot ${String(pop.nodes.spotShare)} %` : ""}`,
      pop.nodes.types.join(" "),
      String(pop.resources),
    ]),
    style,
  );
}

function routing({ routing: { hosts, popNames, timing, healthCheck } }: Plan, style: Style): string {
  const names = Object.keys(hosts);
  const regions = [...new Set(Object.values(hosts).flat())];
  const { failover, drain, unhealthyAfter } = timing;
  return table(
    ["", ""],
    [
      ["hosts", names.join(" ")],
      ["answered by", `the nearest healthy of ${String(regions.length)}: ${regions.join(" ")}`],
      ["PoPs by name", Object.values(popNames).join(" ")],
      [
        "a lost PoP",
        `no more clients after ${seconds(failover.total)}: ${String(healthCheck.threshold)} checks every ${seconds(healthCheck.interval)}, then ${seconds(failover.dnsTtl)} of DNS`,
      ],
      ["a dead node", `no more clients after ${seconds(unhealthyAfter)}`],
      [
        "a drained node",
        `gone after ${seconds(drain.total)} at most: ${seconds(drain.deregistration)} deregistering, ${seconds(drain.heartbeat)} for what is under way`,
      ],
    ],
    style,
  );
}

function capacityTable(pops: readonly NamedPop[], style: Style): string {
  const rows = pops.map(([region, { capacity, users }]) => [
    region,
    ...usersOfPop(users),
    capacity.peak === null ? "" : showGbps(capacity.peak),
    showGbps(capacity.atMin),
    `${showGbps(capacity.zoneLoss.remaining)}${verdict(capacity.carriesPeak, style)}`,
    showGbps(capacity.atMax),
  ]);
  const limits = pops.flatMap(([region, { capacity }]) => limitsOf(region, capacity));
  return [
    table(["region", "users", "median, p95", "peak", "at min", "after a zone's loss", "at max"], rows, style),
    ...(limits.length === 0 ? [] : [indented(["", ...limits].join("\n"))]),
  ].join("\n");
}

/** What makes it less than the bandwidth of its nodes. */
function limitsOf(region: string, { bound, weakestType, perNode, toClients }: PopCapacity): readonly string[] {
  return [
    ...(bound === "processor"
      ? [
          `${region}: the processors of ${weakestType} are its limit, not its bandwidth: ${showGbps(perNode)} a node in responses of ${Math.round(RESPONSE_BYTES / 1000)} KB`,
        ]
      : []),
    ...(toClients < 1
      ? [
          `${region}: its nodes are one cache, and send each other what they own: ${Math.round(toClients * 100)} % of it is for clients at the minimum size`,
        ]
      : []),
  ];
}

function verdict(carries: boolean | null, style: Style): string {
  return carries === null ? "" : carries ? ` ${style.green("carries the peak")}` : ` ${style.red("too little")}`;
}

function costTable(plan: Plan, pops: readonly NamedPop[], style: Style): string {
  const rows = pops.map(([region, { cost }]) => [
    region,
    ...COST_COLUMNS.map(([, belongs]) => dollars(cost.lines.filter((line) => belongs(line.item)))),
    total(cost.total, cost.partial),
  ]);
  const missing = [
    ...new Set([plan.cost.footprint, ...pops.map(([, pop]) => pop.cost)].flatMap((each) => each.missing)),
  ];
  return [
    table(["region", ...COST_COLUMNS.map(([title]) => title), "total"], rows, style),
    indented(
      [
        "",
        `${style.bold(total(plan.cost.total, plan.cost.partial))} for the footprint${plan.cost.footprint.total > 0 ? `, with ${plan.cost.footprint.total.toFixed(2)} for ${plan.cost.footprint.lines.map(({ item }) => item).join(" and ")}` : ""}`,
        `prices: ${dates(plan)}; sources with --json`,
        ...(missing.length === 0 ? [] : [`* without a sourced price: ${missing.join(", ")}`, readThem(plan.stack)]),
        `left out: ${leftOut(plan.traffic !== null).join("; ")}`,
      ].join("\n"),
    ),
  ].join("\n");
}

const isNode = (item: string) => item.endsWith("on demand");
const COST_COLUMNS: readonly (readonly [title: string, belongs: (item: string) => boolean])[] = [
  ["nodes", isNode],
  ["load balancer", (item) => item === "Network Load Balancer"],
  ["NAT", (item) => item === "NAT gateway"],
  ["IPv4", (item) => item === "public IPv4 addresses"],
  [
    "other",
    (item) => !isNode(item) && !["Network Load Balancer", "NAT gateway", "public IPv4 addresses"].includes(item),
  ],
];

function dollars(lines: CostEstimate["lines"]): string {
  const known = lines.flatMap((line) => (line.monthly === null ? [] : [line.monthly]));
  if (known.length === 0) {
    return lines.length === 0 ? "" : "?";
  }
  return `${known.reduce((sum, each) => sum + each, 0).toFixed(2)}${known.length < lines.length ? "*" : ""}`;
}

function total(amount: number, partial: boolean): string {
  return `${amount.toFixed(2)}${partial ? "* partial" : ""}`;
}

function dates(plan: Plan): string {
  const all = [...Object.values(plan.pops).map((pop) => pop.cost), plan.cost.footprint]
    .flatMap((cost) => cost.lines.flatMap((line) => (line.date === null ? [] : [line.date])))
    .sort();
  const [first, last] = [all[0], all.at(-1)];
  return first === undefined ? "none" : first === last ? `of ${first}` : `of ${first} to ${last ?? ""}`;
}

function quotaTable(plan: Plan, pops: readonly NamedPop[], style: Style): string {
  const rows = [
    ...pops.map(([region, pop]) => ({ region, quotas: pop.quotas })),
    { region: "account", quotas: plan.quotas },
    ...Object.entries(plan.zoneQuotas).map(([zone, quotas]) => ({ region: zone, quotas })),
  ]
    .flatMap(({ region, quotas }) => tooSmall(quotas).map((quota) => ({ region, ...quota })))
    .map((quota) => [quota.region, quota.name, quota.code, String(quota.needed), String(quota.default)]);
  return rows.length === 0 ? "" : table(["region", "quota", "code", "needed", "default"], rows, style);
}

function seconds(value: number): string {
  return `${String(value)} s`;
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
}
