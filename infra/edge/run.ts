import { nodeFiles } from "../../components/node/files";
import type { NodeOptions } from "../../components/node/options";
import type { Origin } from "../../components/node/site";
import { coloursFor } from "../terminal/colours";
import { exitCodes } from "../terminal/exitCodes";
import { stopSignal } from "../terminal/interruption";
import { say } from "../terminal/say";
import { UserError } from "../terminal/userError";
import { readableAccess } from "./accessLine";
import { debianRoot } from "./debianRoot";
import { RunningLoadBalancer } from "./loadBalancer";
import { requireMachine } from "./machine";
import { RunningNode } from "./node";
import { localOrigin } from "./origin";
import { accepts, isTaken } from "./ports";
import { edgeOptions } from "./settings";
import { firstSteps } from "./text";

export interface EdgeOptions {
  readonly origin: string;
  readonly stack?: string;
  readonly site?: string;
  readonly port: string;
}

/**
 * Does what `footprint edge` was asked until it is told to stop by a signal. Requests are told on standard output, all
 * else on standard error.
 *
 * @throws ConfigError for a stack file with mistakes; UserError for other mistakes, and for a machine that lacks what
 * a node needs
 */
export async function runEdge({ origin: text, stack, site, port }: EdgeOptions): Promise<void> {
  const origin = localOrigin(text);
  const options = edgeOptions(origin, stack, site);
  const ports = await freePair(port);
  requireMachine();
  const root = await debianRoot(say);
  await warnOf(origin, text);

  const stopped = Promise.race([stopSignal(), unread()]);
  const node = await RunningNode.start({
    root,
    files: (listen) => nodeFiles({ ...options, listen }),
    onAccess: accessPrinter(),
  });
  try {
    await serve(root, node, options, ports, text, stopped);
  } finally {
    await node.stop();
  }
}

async function serve(
  root: string,
  node: RunningNode,
  { region, sites }: NodeOptions,
  ports: { readonly https: number; readonly http: number },
  origin: string,
  stopped: Promise<"stopped">,
): Promise<void> {
  const hosts = sites.map((site) => site.host);
  const loadBalancer = await RunningLoadBalancer.start({ root, node, hosts, ports });
  try {
    process.stderr.write(
      firstSteps({ host: hosts[0] ?? "", region, origin, ports, authorityFile: loadBalancer.authorityFile }),
    );
    const end = await Promise.race([stopped, node.failed(), loadBalancer.failed()]);
    if (end !== "stopped") {
      throw new Error(end);
    }
  } finally {
    await loadBalancer.stop();
  }
}

/** Resolves when nobody reads any more. */
function unread(): Promise<"stopped"> {
  return new Promise((resolve) => {
    process.stdout.on("error", () => {
      resolve("stopped");
    });
  });
}

function accessPrinter(): (line: string) => void {
  const isTerminal = process.stdout.isTTY;
  const colours = coloursFor(process.stdout);
  return (line) => {
    process.stdout.write(`${isTerminal ? readableAccess(line, colours) : line}\n`);
  };
}

async function freePair(text: string): Promise<{ readonly https: number; readonly http: number }> {
  const https = Number(text);
  if (!/^\d+$/.test(text) || https < 1 || https > 65_534) {
    throw new UserError(`--port: must be a port from 1 to 65534, got "${text}"`, exitCodes.usage);
  }
  const http = https + 1;
  for (const port of [https, http]) {
    if (await isTaken(port)) {
      throw new UserError(
        `--port: 127.0.0.1:${String(port)} must be free, as https has this port and http the next one; choose another, got "${text}"`,
        exitCodes.usage,
      );
    }
  }
  return { https, http };
}

async function warnOf({ host, port }: Origin, text: string): Promise<void> {
  if (!(await accepts(host, port))) {
    say(`warning: the origin ${text} does not take connections yet; the node answers 503 until it does`);
  }
}
