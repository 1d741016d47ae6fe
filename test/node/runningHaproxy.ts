import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { haproxyConfig, type HaproxyOptions } from "../../components/node/haproxy";
import { NODE_PORTS } from "../../components/node/ports";
import { exchange, request } from "./proxied";

type Ports = Record<keyof typeof NODE_PORTS, number>;

/** Time for HAProxy to start, and to end. */
const PATIENCE_MS = 10_000;

/** HAProxy with a rendered configuration, on ports of its own of the loopback interface. */
export class RunningHaproxy {
  private constructor(
    readonly ports: Ports,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(options: HaproxyOptions): Promise<RunningHaproxy> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-haproxy-"));
    const ports = { traffic: await freePort(), redirect: await freePort(), health: await freePort() };
    const file = path.join(folder, "haproxy.cfg");
    fs.writeFileSync(file, onLoopback(haproxyConfig(options), ports, path.basename(folder)));
    const started = spawn("haproxy", ["-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
    let complaints = "";
    started.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
    const running = new RunningHaproxy(ports, started, folder);
    const end = Date.now() + PATIENCE_MS;
    while (Date.now() < end && started.exitCode === null) {
      const answer = await exchange(ports.health, request("GET", "/health", {})).catch(() => undefined);
      if (answer?.status === 200) {
        return running;
      }
      await sleep(20);
    }
    await running.stop();
    throw new Error(`HAProxy does not answer health: ${complaints}`);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = once(this.process, "exit");
      this.process.kill("SIGTERM");
      // SIGTERM ends it at once, connections and all; a process that hangs is not waited for.
      const overdue = setTimeout(() => this.process.kill("SIGKILL"), PATIENCE_MS);
      await ended;
      clearTimeout(overdue);
    }
    fs.rmSync(this.folder, { recursive: true });
  }
}

/** What HAProxy says to a configuration: nothing when it is valid and raises no warning. */
export function complaints(options: HaproxyOptions): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-haproxy-"));
  const file = path.join(folder, "haproxy.cfg");
  // No look-ups: whether the origins' names resolve says nothing about the configuration.
  fs.writeFileSync(file, haproxyConfig(options).replaceAll("init-addr last,libc,none", "init-addr none"));
  const { status, stderr } = spawnSync("haproxy", ["-c", "-q", "-f", file], { encoding: "utf8", timeout: PATIENCE_MS });
  fs.rmSync(folder, { recursive: true });
  return status === 0 ? stderr : `exit status ${String(status)}\n${stderr}`;
}

/** Moves every listener to the loopback interface and drops what only root may do: nothing else changes. */
function onLoopback(text: string, ports: Ports, unique: string): string {
  return Object.entries(ports)
    .reduce(
      (moved, [role, port]) =>
        moved.replace(`bind :${String(NODE_PORTS[role as keyof Ports])}`, `bind 127.0.0.1:${String(port)}`),
      text,
    )
    .replaceAll("abns@footprint-", `abns@${unique}-`)
    .replace(/^ {4}(user|group|chroot) .*\n/gm, "");
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
