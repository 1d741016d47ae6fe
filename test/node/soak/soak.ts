import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentNode } from "../life/agentNode";
import { Cloud } from "../../../infra/lab/aws/cloud";
import { Load } from "../life/load";
import { until } from "../origin/until";
import { ATTACKS, Hostile, type Target } from "./hostile";
import type { Held, SoakFigures } from "./invariants";
import { SoakOrigin } from "./origin";

/** Connections that one attack opens to a node, and the most that the node takes of all clients. */
const HOSTILE = 400;
const CONNECTIONS = 600;

const HANGING = ["hangs0.example.com", "hangs1.example.com"];
const LARGE = "large.example.com";
/** A site that comes and goes with every other bundle. */
const NEW = "new.example.com";

export interface SoakOptions {
  /** Whether another round follows the k-th, counted from 1. */
  readonly goesOn: (round: number) => boolean;
  /** Milliseconds for which hostile clients keep what they have; default 0. */
  readonly hold?: number;
  readonly progress?: (line: string) => void;
}

/**
 * Two nodes with their agents under well-behaved load, while each round has hostile clients of every kind, an origin that
 * hangs, a store that is away, and a new bundle.
 */
export async function soak({ goesOn, hold = 0, progress = () => undefined }: SoakOptions): Promise<SoakFigures> {
  const cloud = await Cloud.start();
  const origin = await SoakOrigin.start();
  const nodes: AgentNode[] = [];
  const loads: Load[] = [];
  const held: Held[] = [];
  const unhealthy: string[] = [];
  let round = 0;
  try {
    const more = Object.fromEntries([...HANGING, LARGE].map((host) => [host, {}]));
    for (const instance of ["i-1", "i-2"]) {
      const bounds = { CONNECTIONS, CLIENT_REQUESTS: 1_000_000 };
      nodes.push(await AgentNode.start({ cloud, origin, instance, more, node: { bounds } }));
    }
    for (const node of nodes) {
      loads.push(await Load.begin(node));
    }
    do {
      round++;
      for (const [name, attack] of Object.entries(ATTACKS)) {
        progress(`round ${String(round)}: a client ${name}`);
        const hostile = nodes.map((node) => new Hostile(attack, targetOf(node), HOSTILE));
        await Promise.all(loads.map((load) => load.goesOn()));
        for (const node of nodes) {
          const answers = [await node.node.health(), (await node.popHealth()).status];
          unhealthy.push(...(answers.every((status) => status === 200) ? [] : [`${name}: ${answers.join(" ")}`]));
        }
        await sleep(hold);
        hostile.forEach((each) => {
          each.leave();
        });
      }
      progress(`round ${String(round)}: the store is away, and comes back with a new bundle`);
      cloud.outage("s3", "fails");
      await Promise.all(loads.map((load) => load.goesOn()));
      const settings = { more: round % 2 === 0 ? more : { ...more, [NEW]: {} } };
      const bundles = nodes.map((node) => node.publish(settings));
      cloud.outage("s3", undefined);
      await Promise.all(nodes.map((node, i) => adopted(node, bundles[i])));
      held.push(await heldBy(nodes));
    } while (goesOn(round));
    const outcomes = await Promise.all(loads.splice(0).map((load) => load.stop()));
    return {
      rounds: round,
      asked: outcomes.reduce((sum, { asked }) => sum + asked, 0),
      wrong: outcomes.flatMap(({ wrong }) => wrong),
      unhealthy,
      held,
    };
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
    await Promise.all(nodes.map((node) => node.stop()));
    await origin.stop();
    await cloud.stop();
  }
}

function adopted(node: AgentNode, bundle: string | undefined): Promise<true> {
  return until("the new bundle", () => node.report()?.configuration.generation === bundle);
}

function targetOf({ node: { ports } }: AgentNode): Target {
  return { traffic: ports.traffic, redirect: ports.redirect, hanging: HANGING, large: LARGE };
}

/** Looks once the former worker of HAProxy has ended, with the last request that hung. */
async function heldBy(nodes: readonly AgentNode[]): Promise<Held> {
  const each = [];
  for (const { node } of nodes) {
    const workers = () => node.root.processes().filter(({ name, parent }) => name === "haproxy" && parent !== 0).length;
    await until("the end of the former worker", () => workers() === 1);
    const proc = node.root.outside("/proc");
    const pids = node.root.processes().filter(({ name }) => ["haproxy", "varnishd", "cache-main"].includes(name));
    const resident = pids.map(({ pid }) =>
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`${proc}/${String(pid)}/status`, "utf8"))?.[1] ?? 0),
    );
    const files = pids.map(({ pid }) => readdirSync(`${proc}/${String(pid)}/fd`).length);
    const disk = await node.exec("du", "--summarize", "--total", "/var/lib/footprint", "/var/log", "/etc");
    each.push({
      megabytes: Math.round(sum(resident) / 1024),
      files: sum(files),
      kilobytes: Number(/^(\d+)\ttotal$/m.exec(disk.stdout)?.[1]),
    });
  }
  return {
    megabytes: Math.max(...each.map(({ megabytes }) => megabytes)),
    files: Math.max(...each.map(({ files }) => files)),
    kilobytes: Math.max(...each.map(({ kilobytes }) => kilobytes)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
