import { compare } from "../config/problems";
import type { ChangedResource, Changes, PlanDiff, ReplacedResource, ResourceRef } from "./diff";
import type { PopSummary, RoutingSummary } from "./model";

/** What clients notice of a deployment, PoP by PoP, in sentences. A PoP of which they notice nothing has none. */
export interface Consequences {
  /** The engine refuses the deployment in the preview: nothing of the rest happens. */
  readonly refused: readonly string[];
  readonly pops: Readonly<Record<string, readonly string[]>>;
  readonly global: readonly string[];
}

/** What a plan says beside its resources. */
export interface Side {
  readonly routing: Pick<RoutingSummary, "hosts" | "popNames">;
  readonly pops: Readonly<Record<string, Pick<PopSummary, "egress">>>;
}

/** Says for each part of a difference what it means for who is served. */
export function consequences({ pops, global }: Pick<PlanDiff, "pops" | "global">, was: Side, is: Side): Consequences {
  const all = [...Object.values(pops), global];
  return {
    refused: all
      .flatMap(({ remove, replace }) => [...remove, ...replace])
      .flatMap((each) => (each.refused ? [each.name] : [])),
    pops: Object.fromEntries(
      Object.entries(pops).map(([region, changes]) => [region, ofPop(region, changes, was, is)]),
    ),
    global: [
      ...ofHosts(was, is),
      ...ofZones(all, was, is),
      ...zonesGone(global),
      ...ofPopNames(was, is),
      ...ofSecrets(global),
    ],
  };
}

function ofPop(region: string, changes: Changes, was: Side, is: Side): readonly string[] {
  if (isThere(changes.add, "Pop")) {
    const takesUsers = Object.values(is.routing.hosts).some((regions) => regions.includes(region));
    return [takesUsers ? "new: it takes its users when nodes.min nodes are healthy" : "new: it takes no clients yet"];
  }
  if (isThere(changes.remove, "Pop")) {
    return ["gone: with its caches, and with the addresses that origins know"];
  }
  // A host that comes or goes everywhere says nothing of one PoP.
  const lasting = answered(was).filter((host) => answered(is).includes(host));
  const answers = ({ routing }: Side) => lasting.some((host) => routing.hosts[host]?.includes(region) === true);
  return [
    ...(answers(was) && !answers(is)
      ? ["takes no clients any more: they go to the next PoP within a minute, whose caches are cold for them"]
      : []),
    ...(!answers(was) && answers(is) ? ["takes clients"] : []),
    ...MEANINGS.filter(({ holds }) => holds(changes)).map(({ says }) => says),
    ...(hasOtherAddresses(region, changes, was, is) ? ["origins are asked from other addresses"] : []),
  ];
}

/** Nodes go by the addresses of the NAT gateway, or each by its own. */
function hasOtherAddresses(region: string, { add, remove }: Changes, was: Side, is: Side): boolean {
  const [before, after] = [was, is].map(({ pops }) => pops[region]?.egress === "nat");
  return before !== after || (after === true && (isThere(add, "Eip") || isThere(remove, "Eip")));
}

interface Meaning {
  readonly holds: (changes: Changes) => boolean;
  readonly says: string;
}

const MEANINGS: readonly Meaning[] = [
  {
    holds: (changes) =>
      isThere(changes.replace, "LoadBalancer") || follows(changes.replace, "LoadBalancer") || losesSubnets(changes),
    says: "its load balancer is made anew, with other addresses: connections to it end",
  },
  {
    holds: ({ change, replace }) => isThere(change, "LaunchTemplate") || isThere(replace, "LaunchTemplate"),
    says: "its nodes are replaced, a few at a time, for as long as an instance refresh takes: each new one has an empty cache",
  },
  {
    holds: ({ change }) => touches(change, "Group", "mixedInstancesPolicy") && !isThere(change, "LaunchTemplate"),
    says: "nodes of other types or prices take the place of those that run, a few at a time, with empty caches",
  },
  {
    holds: ({ change }) => shrinks(change, "Group", "maxSize"),
    says: "nodes beyond nodes.max end, each drained first: their caches are gone",
  },
  {
    // A bundle is named by its content.
    holds: ({ replace }) => replace.some(({ name }) => name.endsWith("-store-bundle")),
    says: "its nodes take up a new configuration within some minutes, each at its own time: caches stay, but what a changed cacheKey tells apart is fetched anew",
  },
  {
    holds: ({ add, remove, change }) =>
      [add, remove].some((list) => isThere(list, "Subnet")) && touches(change, "LoadBalancer", "subnets"),
    says: "it has other zones: clients come to its new addresses as DNS tells them",
  },
  { holds: ({ change }) => touches(change, "Listener", "sslPolicy"), says: "new connections go by another TLS policy" },
  {
    holds: ({ replace }) => isThere(replace, "HealthCheck"),
    says: "its new health check counts as healthy until it has data",
  },
];

/** Hosts that have an answer. */
function answered({ routing: { hosts } }: Side): readonly string[] {
  return Object.keys(hosts).filter((host) => hosts[host]?.length !== 0);
}

function ofHosts(was: Side, is: Side): readonly string[] {
  const [before, after] = [answered(was), answered(is)];
  return [
    ...after
      .filter((host) => !before.includes(host))
      .map((host) => `${host} is served, at each PoP once its certificate is valid`),
    ...before.filter((host) => !after.includes(host)).map((host) => `${host} has no answer any more`),
  ];
}

/** Names whose records go from one hosted zone to another one. */
function ofZones(all: readonly Changes[], was: Side, is: Side): readonly string[] {
  const left = all
    .flatMap(({ replace }) => replace)
    .filter(({ type, changes }) => kind(type) === "Record" && changes.some(({ path }) => path === "inputs.zoneId"))
    .map(({ name }) => name);
  const moved = answered(is).filter(
    (host) => answered(was).includes(host) && left.some((name) => name.endsWith(`-${host}-a`)),
  );
  const areNames = left.some((name) => name.endsWith("-own-a")) && domainOf(was) === domainOf(is);
  return [...moved, ...(areNames ? [domainOf(is)] : [])].map(
    (name) => `${name} leaves its hosted zone for another one, in one step`,
  );
}

function zonesGone({ remove }: Changes): readonly string[] {
  return remove
    .filter(({ type, retained, refused }) => kind(type) === "Zone" && !retained && !refused)
    .map(({ name }) => `the hosted zone ${name.replace(/^.*?-zones-/, "")} is deleted, with everybody's records in it`);
}

function ofPopNames(was: Side, is: Side): readonly string[] {
  return domainOf(was) === domainOf(is)
    ? []
    : [`the names of the single PoPs are below ${domainOf(is)} from now on, and no longer below ${domainOf(was)}`];
}

/** What the names of the single PoPs have in common. */
function domainOf({ routing: { popNames } }: Side): string {
  return Object.values(popNames)[0]?.replace(/^[^.]*\./, "") ?? "";
}

/** Of a secret the program has the generation in use, the one after it and the one before. */
function ofSecrets({ add, remove }: Changes): readonly string[] {
  const [fresh, gone] = [generations(add), generations(remove)];
  return [...new Set([...fresh, ...gone].map(({ role }) => role))].sort(compare).flatMap((role) => {
    const [added, removed] = [fresh, gone].map((list) => list.filter((each) => each.role === role)) as [
      Named[],
      Named[],
    ];
    const isRaised = highest(added) > highest(removed);
    if ((isRaised ? added : removed).length > 1) {
      return [`the secret ${role} keeps neither of its values: who knows the former ones refuses what has a new one`];
    }
    if (role !== "origin-auth") {
      return [];
    }
    return isRaised
      ? ["origins are sent the other value of the secret origin-auth: each must know both"]
      : ["origins are sent the former value of the secret origin-auth again: each must know it"];
  });
}

interface Named {
  readonly role: string;
  readonly generation: number;
}

function generations(list: readonly ResourceRef[]): readonly Named[] {
  return list.flatMap(({ type, name }) => {
    const [, role, generation] = /-secrets-(.+)-(\d+)$/.exec(name) ?? [];
    return kind(type) === "RandomPassword" && role !== undefined ? [{ role, generation: Number(generation) }] : [];
  });
}

function highest(list: readonly Named[]): number {
  return Math.max(0, ...list.map(({ generation }) => generation));
}

/** The provider replaces a load balancer whose subnets do not grow in number; unknown ids of new ones hide it in a plan. */
function losesSubnets({ add, remove }: Changes): boolean {
  const count = (list: readonly ResourceRef[]) => list.filter(({ name }) => name.includes("-network-public-")).length;
  const subnets = (list: readonly ResourceRef[]) => list.filter(({ type }) => kind(type) === "Subnet");
  const lost = count(subnets(remove));
  return lost > 0 && count(subnets(add)) <= lost;
}

function isThere(list: readonly ResourceRef[], wanted: string): boolean {
  return list.some(({ type }) => kind(type) === wanted);
}

function follows(replace: readonly ReplacedResource[], wanted: string): boolean {
  return replace.some(({ mayFollow }) => mayFollow.some((urn) => kind(urn.split("::")[2] ?? "") === wanted));
}

function touches(change: readonly ChangedResource[], wanted: string, property: string): boolean {
  return change.some(
    ({ type, changes }) => kind(type) === wanted && changes.some(({ path }) => path.split(/[.[]/)[1] === property),
  );
}

function shrinks(change: readonly ChangedResource[], wanted: string, property: string): boolean {
  return change.some(
    ({ type, changes }) =>
      kind(type) === wanted &&
      changes.some(({ path, before, after }) => path === `inputs.${property}` && Number(after) < Number(before)),
  );
}

function kind(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}
