import type { ChangedResource, Changes, PlanDiff, ReplacedResource, ResourceRef } from "./diff";

/** What clients notice of a deployment, PoP by PoP, in sentences. A PoP of which they notice nothing has none. */
export interface Consequences {
  /** The engine refuses the deployment in the preview: nothing of the rest happens. */
  readonly refused: readonly string[];
  readonly pops: Readonly<Record<string, readonly string[]>>;
  readonly global: readonly string[];
}

/** Says for each part of a difference what it means for who is served. */
export function consequences({ pops, global }: Pick<PlanDiff, "pops" | "global">): Consequences {
  const all = [...Object.values(pops), global];
  return {
    refused: all
      .flatMap(({ remove, replace }) => [...remove, ...replace])
      .flatMap((each) => (each.refused ? [each.name] : [])),
    pops: Object.fromEntries(
      Object.entries(pops).map(([region, changes]) => [region, ofPop(withoutHostsOf(changes, global))]),
    ),
    global: ofHosts(global),
  };
}

function ofPop(changes: Changes): readonly string[] {
  if (isThere(changes.add, "Pop")) {
    return ["new: it takes its users when nodes.min nodes are healthy"];
  }
  if (isThere(changes.remove, "Pop")) {
    return ["gone: with its caches, and with the addresses that origins know"];
  }
  const sentences = MEANINGS.filter(({ holds }) => holds(changes)).map(({ says }) => says);
  return [...sentences, ...ofHosts(changes)];
}

interface Meaning {
  readonly holds: (changes: Changes) => boolean;
  readonly says: string;
}

const MEANINGS: readonly Meaning[] = [
  {
    holds: ({ add, remove }) => latency(remove) && !latency(add),
    says: "takes no clients any more: they go to the next PoP within a minute, whose caches are cold for them",
  },
  { holds: ({ add, remove }) => latency(add) && !latency(remove), says: "takes clients" },
  {
    holds: ({ replace }) => isThere(replace, "LoadBalancer") || follows(replace, "LoadBalancer"),
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
    // A bundle is named by its content.
    holds: ({ replace }) => replace.some(({ name }) => name.endsWith("-store-bundle")),
    says: "its nodes take up a new configuration within some minutes, each at its own time: caches stay",
  },
  {
    holds: ({ add, remove }) => isThere(add, "Eip") || isThere(remove, "Eip"),
    says: "origins are asked from other addresses",
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

/** Records of hosts that come or go at all PoPs say nothing of one PoP. */
function withoutHostsOf(changes: Changes, global: Changes): Changes {
  const hosts = [...global.add, ...global.remove].flatMap((each) => caaHost(each) ?? []);
  // A host at an apex has no CAA record of its own, and a certificate all the same.
  const certified = [...changes.add, ...changes.remove]
    .filter(({ type }) => kind(type) === "Certificate")
    .map(({ name }) => name.replace(/^.*-certificate-/, ""));
  const known = [...hosts, ...certified];
  const others = <T extends ResourceRef>(list: readonly T[]): readonly T[] =>
    list.filter(({ type, name }) => kind(type) !== "Record" || !known.some((host) => name.includes(`-${host}-`)));
  return { ...changes, add: others(changes.add), remove: others(changes.remove) };
}

function caaHost({ name, type }: ResourceRef): string | undefined {
  return kind(type) === "Record" ? /^\w+-zones-(.+)-caa$/.exec(name)?.[1] : undefined;
}

/** Hosts that come, go, or have their records in another zone. */
function ofHosts({ add, remove, replace }: Changes): readonly string[] {
  const hosts = (list: readonly ResourceRef[]) => list.flatMap((each) => caaHost(each) ?? []);
  const moved = hosts(replace);
  const come = hosts(add);
  const gone = hosts(remove);
  return [
    ...come.map((host) => `${host} is served, at each PoP once its certificate is valid`),
    ...gone.map((host) => `${host} has no answer any more`),
    ...moved.map((host) => `${host} leaves its hosted zone for another one, in one step`),
  ];
}

function latency(list: readonly ResourceRef[]): boolean {
  return list.some(
    ({ type, name }) => kind(type) === "Record" && /-(?:a|aaaa)$/.test(name) && !/-own-(?:a|aaaa)$/.test(name),
  );
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

function kind(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}
