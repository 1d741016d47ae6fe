import { setTimeout as sleep } from "node:timers/promises";
import { askSocket } from "../node/origin/client";
import { inTurn, reply, type Handler } from "../node/origin/scripted";
import { crowd, get, walk } from "./nodeClient";
import { HOST, type Server } from "./nodeServers";

/** What clients and origin see of a server when something is amiss. */
export interface Behaviour {
  /** Requests at the origin for 200 clients on an object that is not stored. */
  readonly coalescing: number;
  /** 200 clients on a stale object whose origin fails. */
  readonly stale: { readonly served: number; readonly originRequests: number; readonly milliseconds: number };
  /** Milliseconds for a stale object that is being revalidated; the origin takes 500. */
  readonly whileRevalidate: number;
  /** Milliseconds until 50 clients are served what is not stored; the origin takes 300. */
  readonly noStore: number;
}

const CLIENTS = 200;
const NO_STORE_CLIENTS = 50;

/** Lifetime of what is to go stale, and how long to wait for it: servers count in whole seconds. */
const LIFETIME_S = 1;
const STALE_AFTER_MS = 2100;

/** Objects whose median is taken. */
const SAMPLES = 5;

export async function measureBehaviour(server: Server): Promise<Behaviour> {
  const { origin } = server;
  const failing = "/failing";
  const slow = Array.from({ length: SAMPLES }, (_, i) => `/slow/${i}`);
  const stored = reply("stored", {
    "cache-control": `max-age=${LIFETIME_S}, stale-while-revalidate=0, stale-if-error=600`,
  });
  origin.on(failing, inTurn(stored, after(50, reply("broken", {}, 503))));
  for (const path of slow) {
    const kept = reply("kept", { "cache-control": `max-age=${LIFETIME_S}, stale-while-revalidate=600` });
    origin.on(path, inTurn(kept, after(500, kept)));
  }
  await walk(server, [failing, ...slow]);
  await sleep(STALE_AFTER_MS);

  const first: number[] = [];
  for (const path of slow) {
    first.push((await get(server, path)).milliseconds);
  }
  const { answers, milliseconds } = await crowd(server, failing, CLIENTS);

  origin.on("/cold", after(300, reply("cold", { "cache-control": "max-age=60" })));
  await crowd(server, "/cold", CLIENTS);

  origin.on("/own", after(300, reply("own", { "cache-control": "no-store" })));
  const own = await crowd(server, "/own", NO_STORE_CLIENTS);

  return {
    coalescing: origin.requests("/cold").length,
    stale: {
      served: answers.filter(({ status }) => status === 200).length,
      originRequests: origin.requests(failing).length - 1,
      milliseconds,
    },
    whileRevalidate: first.sort((a, b) => a - b)[Math.floor(SAMPLES / 2)] ?? 0,
    noStore: own.milliseconds,
  };
}

export interface Purges {
  readonly objects: number;
  /** Milliseconds. */
  readonly soft: number;
  readonly hard: number;
}

const PURGED_OBJECTS = 10_000;

/** How long it takes to purge many objects by their tag. */
export async function measurePurge(server: Server, socket: string): Promise<Purges> {
  const paths = Array.from({ length: PURGED_OBJECTS }, (_, i) => `/tagged/${i}`);
  const tagged = reply(Buffer.alloc(1000, "x"), { "cache-control": "max-age=3600", "surrogate-key": "many" });
  for (const path of paths) {
    server.origin.on(path, tagged);
  }
  await walk(server, paths);
  return {
    objects: PURGED_OBJECTS,
    soft: await purge(socket, "SOFTPURGE"),
    hard: await purge(socket, "PURGE"),
  };
}

async function purge(socket: string, method: "PURGE" | "SOFTPURGE"): Promise<number> {
  const fields = { host: HOST, "x-footprint-purge": "tag", "x-footprint-tag": "many" };
  const started = performance.now();
  const { status, headers } = await askSocket(socket, method, "/", fields);
  const milliseconds = performance.now() - started;
  if (status !== 200 || Number(headers["x-footprint-count"]) !== PURGED_OBJECTS) {
    throw new Error(`${method} was answered with ${status}, for ${String(headers["x-footprint-count"])} objects`);
  }
  return milliseconds;
}

function after(milliseconds: number, then: Handler): Handler {
  return async (response, request) => {
    await sleep(milliseconds);
    await then(response, request);
  };
}
