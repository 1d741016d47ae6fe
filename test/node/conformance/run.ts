import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { nodeFiles } from "../../../components/node/files";
import type { Origin, Site } from "../../../components/node/site";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { RunningLoadBalancer } from "../../../infra/edge/loadBalancer";
import { RunningNode } from "../../../infra/edge/node";
import { freePorts } from "../../../infra/edge/ports";
import { edgeOptions } from "../../../infra/edge/settings";

export interface Result {
  readonly id: string;
  readonly kind: "required" | "optimal" | "check";
  /** True when it passed, else the kind of failure ("Setup": the test could not be made) and what was seen. */
  readonly outcome: true | readonly [kind: string, message: string];
}

const HOST = "localhost";

/** Methods that its tests use. A stack file does not take M-SEARCH, UPnP's own; here it stands for any unknown one. */
const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "M-SEARCH"];

/**
 * Settings of a site under which the suite runs. `plain` are what its authors want of a proxy before it: no use of stale
 * responses that the response itself does not ask for, lifetimes of a year, no compression. `defaults` are those
 * of a stack file that says nothing.
 */
export const SETTINGS = {
  defaults: {},
  plain: { stale: { whileRevalidate: 0, ifError: 0 }, maxAge: 365 * 86_400, compression: false },
} as const satisfies Readonly<Record<string, Partial<Site>>>;

export interface RunOptions {
  /** A folder for the load balancer's certificate authority. */
  readonly scratch: string;
  readonly settings: Partial<Site>;
  /** A checkout of github.com/http-tests/cache-tests; without it, the package of npm. */
  readonly checkout?: string;
}

/** Runs http-cache-tests through a load balancer and a node, by HTTPS. */
export async function runSuite({ scratch, settings, checkout }: RunOptions): Promise<readonly Result[]> {
  // What it prints are remarks on requests that its own tests make.
  const suite = fork(path.join(__dirname, "suite.mjs"), checkout === undefined ? [] : [checkout], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: [],
  });
  try {
    const { origin } = await answer<{ readonly origin: number }>(suite);
    return await behindNode({ scheme: "http", host: "127.0.0.1", port: origin }, settings, scratch, async (proxy) => {
      suite.send(proxy);
      return (await answer<{ readonly results: readonly Result[] }>(suite)).results;
    });
  } finally {
    suite.kill();
  }
}

async function behindNode<T>(
  origin: Origin,
  settings: Partial<Site>,
  scratch: string,
  use: (proxy: { readonly base: string; readonly ca: string }) => Promise<T>,
): Promise<T> {
  const root = debianRootFolder();
  const options = edgeOptions(origin);
  const sites = options.sites.map((site) => ({ ...site, host: HOST, methods: METHODS, ...settings }));
  const node = await RunningNode.start({ root, files: (listen) => nodeFiles({ ...options, sites, listen }) });
  try {
    const [https = 0, http = 0] = await freePorts(2);
    const authorityFolder = path.join(scratch, "ca");
    const ports = { https, http };
    const balancer = await RunningLoadBalancer.start({ root, node, hosts: [HOST], ports, authorityFolder });
    try {
      return await use({ base: `https://${HOST}:${https}`, ca: fs.readFileSync(balancer.authorityFile, "utf8") });
    } finally {
      await balancer.stop();
    }
  } finally {
    await node.stop();
  }
}

/** The next message of the suite's process, or its last words when it ends instead. */
async function answer<T>(suite: ChildProcess): Promise<T> {
  const said: string[] = [];
  suite.stderr?.on("data", (data: Buffer) => said.push(data.toString()));
  const ended = once(suite, "close").then(() => {
    throw new Error(`the suite has ended by itself: ${said.join("")}`);
  });
  const [message] = (await Promise.race([once(suite, "message"), ended])) as [T];
  // Its end is expected from here on.
  ended.catch(() => undefined);
  return message;
}
