import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { NODE_HEALTH_PATH, NODE_PORTS } from "../../../components/node/ports";
import { VARNISH_FOLDER } from "../../../components/node/processes";
import { authority, certificateFor } from "../../../infra/edge/authority";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { PrivateRoot, type Ended } from "../../../infra/edge/privateRoot";
import { Service } from "../../../infra/edge/service";
import type { Cloud, Machine as CloudMachine } from "./cloud";
import { IMAGE_ROOT } from "../debianRoot";

export interface BootOptions {
  readonly cloud: Cloud;
  readonly machine: CloudMachine;
  readonly bucket: string;
  /** Answers what comes to the origin, http://127.0.0.9. */
  readonly origin: http.RequestListener;
  /** Folder in which the test's certificate authority is kept. */
  readonly authorityFolder: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

type Stop = () => Promise<void>;

/** Address of the origin, as sites name it. */
export const ORIGIN_ADDRESS = "127.0.0.9";
const AWS_ADDRESS = "127.0.0.2";
const LOAD_BALANCER_ADDRESS = "127.0.0.8";
const METADATA_ADDRESS = "169.254.169.254";

/**
 * A new machine of the cloud: a fresh Debian whose network is a loopback interface and nothing else. There it finds the
 * region's endpoints by their names, over TLS, its instance metadata at its address, an origin, and a load balancer
 * that sends it requests. All of these are bridged to this process by sockets. Systemd cannot boot in there, so
 * systemctl is a stand-in (systemctl.py) that runs the units as they are written; kernel settings are noted, not made.
 */
export class Machine {
  private constructor(
    readonly root: PrivateRoot,
    private readonly front: PrivateRoot,
    private readonly stops: readonly Stop[],
  ) {}

  static async start(options: BootOptions): Promise<Machine> {
    const root = await PrivateRoot.start(debianRootFolder(IMAGE_ROOT), {}, "own");
    const front = await PrivateRoot.start(debianRootFolder(), {}, root);
    const stops: Stop[] = [];
    const machine = new Machine(root, front, stops);
    try {
      await machine.connect(options, stops);
      await machine.furnish(options);
      return machine;
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  /** Does what cloud-init does at the first boot, with this user data, in its own stages. */
  async boot(userData: string): Promise<string> {
    this.root.write("/var/lib/cloud/seed/nocloud/user-data", userData);
    const stages = [["init", "--local"], ["init"], ["modules", "--mode=config"], ["modules", "--mode=final"]];
    for (const stage of stages) {
      const { status, stderr } = await this.root.exec("cloud-init", ...stage);
      // 2: it ended with recoverable errors, of modules that a machine without a boot cannot run.
      if (status !== 0 && status !== 2 && stage.at(-1) !== "--mode=final") {
        throw new Error(`cloud-init ${stage.join(" ")}: ${stderr}`);
      }
    }
    return this.root.read("/var/log/cloud-init-output.log");
  }

  /** Takes away what a boot has made of the machine but for the packages: an image is made in this way. */
  async bake(): Promise<void> {
    const units = ["footprint-drain", "footprint-agent", "haproxy", "varnish", "footprint-prepare"];
    await this.exec("systemctl", "stop", ...units.map((unit) => `${unit}.service`));
    await this.exec("umount", VARNISH_FOLDER);
    const made = ["/etc/footprint", "/usr/local/lib/footprint", "/var/lib/footprint", "/run/footprint", "/run/shim"];
    const files = [...units, "access-log"].map((unit) => `/etc/systemd/system/${unit}.service`);
    await succeeded(this.exec("rm", "-rf", ...made, ...files));
    await succeeded(this.exec("cloud-init", "clean", "--logs"));
  }

  /** Has the machine's packages say that they are of these versions, by name. */
  pretendInstalled(versions: Readonly<Record<string, string>>): void {
    const file = "/var/lib/dpkg/status";
    const paragraphs = this.root.read(file).split("\n\n");
    const edited = paragraphs.map((paragraph) => {
      const [, name = ""] = /^Package: (.*)$/m.exec(paragraph) ?? [];
      const version = versions[name];
      return version === undefined ? paragraph : paragraph.replace(/^Version: .*$/m, `Version: ${version}`);
    });
    this.root.write(file, edited.join("\n\n"));
  }

  /** What the node answers for its health at this very moment, while this process waits; 0 for no answer. */
  healthNow(): number {
    const [, pid = ""] = /^\/proc\/(\d+)\//.exec(this.root.outside("/")) ?? [];
    const { stdout } = spawnSync("nsenter", [`--net=/proc/${pid}/ns/net`, process.execPath, "-e", ASK_HEALTH], {
      encoding: "utf8",
    });
    return Number(stdout);
  }

  /** A request as it comes from the load balancer. */
  ask(host: string, path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.get(
        { socketPath: this.front.outside("/run/client.sock"), path, headers: { host }, agent: false },
        (response) => {
          const { statusCode: status = 0, headers } = response;
          text(response).then((body) => {
            resolve({ status, headers, body });
          }, reject);
        },
      );
      request.on("error", reject);
    });
  }

  /** The arguments of every call of systemctl so far. */
  systemctlCalls(): readonly (readonly string[])[] {
    return this.lines("/run/shim/calls").map((line) => JSON.parse(line) as string[]);
  }

  /** What a unit has said. */
  said(unit: string): string {
    return this.root.has(`/run/shim/${unit}.log`) ? this.root.read(`/run/shim/${unit}.log`) : "";
  }

  exec(...command: readonly string[]): Promise<Ended> {
    return this.root.exec(...command);
  }

  async stop(): Promise<void> {
    await this.root.stop();
    await this.front.stop();
    await Promise.all(this.stops.map((stop) => stop()));
  }

  private lines(path: string): readonly string[] {
    return this.root.has(path)
      ? this.root
          .read(path)
          .split("\n")
          .filter((line) => line !== "")
      : [];
  }

  /** What the machine finds on its network: HAProxy in front of this process. */
  private async connect({ cloud, machine, bucket, origin, authorityFolder }: BootOptions, stops: Stop[]) {
    await succeeded(this.root.exec("ip", "link", "set", "lo", "up"));
    await succeeded(this.root.exec("ip", "address", "add", `${METADATA_ADDRESS}/32`, "dev", "lo"));
    const { region } = machine.facts;
    const hosts = [`${bucket}.s3`, "ssm", "autoscaling"].map((service) => `${service}.${region}.amazonaws.com`);
    const ca = await authority(this.front, authorityFolder);
    this.front.write("/etc/haproxy/aws.pem", await certificateFor(this.front, ca, hosts), 0o600);
    this.front.write("/etc/haproxy/haproxy.cfg", FRONT);
    stops.push(
      await bridged(this.front.outside("/run/aws.sock"), portOf(cloud.url)),
      await bridged(this.front.outside("/run/metadata.sock"), portOf(machine.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"])),
      await listening(http.createServer(origin), this.front.outside("/run/origin.sock")),
    );
    Service.start(this.front, "front", ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"]);
    this.root.write("/usr/local/share/ca-certificates/test.crt", ca.certificate);
    await succeeded(this.root.exec("update-ca-certificates"));
    this.root.write(
      "/etc/hosts",
      ["127.0.0.1 localhost", ...hosts.map((host) => `${AWS_ADDRESS} ${host}`), ""].join("\n"),
    );
    // Asked for names of origins; nothing answers there.
    this.root.write("/etc/resolv.conf", "nameserver 127.0.0.53\n");
  }

  /** What a booted machine has beside its files. */
  private async furnish({ machine }: BootOptions) {
    this.root.makeFolder("/run/systemd/system");
    // Before /usr/bin on every path, that of apt too.
    this.root.write("/usr/sbin/systemctl", readFileSync(join(__dirname, "systemctl.py"), "utf8"), 0o755);
    this.root.write("/usr/local/sbin/sysctl", '#!/bin/sh\nmkdir -p /run/shim\necho "$@" >> /run/shim/sysctl\n', 0o755);
    this.root.write(
      "/etc/cloud/cloud.cfg.d/99-test.cfg",
      "datasource_list: [NoCloud]\nnetwork: { config: disabled }\n",
    );
    this.root.write("/var/lib/cloud/seed/nocloud/meta-data", `instance-id: ${machine.facts.instance}\n`);
    await succeeded(this.root.exec("rm", "-f", "/var/log/cloud-init-output.log"));
  }
}

const ASK_HEALTH = `
const request = require("node:http").get("http://127.0.0.1:${NODE_PORTS.health}${NODE_HEALTH_PATH}");
request.on("response", (response) => { process.stdout.write(String(response.statusCode)); process.exit(); });
request.on("error", () => process.stdout.write("0"));
`;

/** The sockets are root's, so it stays root. */
const FRONT = `
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s

listen aws
    bind ${AWS_ADDRESS}:443 ssl crt /etc/haproxy/aws.pem strict-sni
    server cloud unix@/run/aws.sock

listen metadata
    bind ${METADATA_ADDRESS}:80
    server cloud unix@/run/metadata.sock

listen origin
    bind ${ORIGIN_ADDRESS}:80
    server test unix@/run/origin.sock

listen client
    bind unix@/run/client.sock
    server balancer ${LOAD_BALANCER_ADDRESS}:443

listen balancer
    bind ${LOAD_BALANCER_ADDRESS}:443
    server node 127.0.0.1:${String(NODE_PORTS.traffic)} send-proxy-v2
`.trimStart();

function bridged(path: string, port: number): Promise<Stop> {
  return listening(
    net.createServer((socket) => {
      const server = net.connect(port, "127.0.0.1");
      for (const [from, to] of [
        [socket, server],
        [server, socket],
      ] as const) {
        from.on("error", () => to.destroy());
        from.pipe(to);
      }
    }),
    path,
  );
}

/** Listens at a path until it is stopped, and then with all its connections. */
async function listening(server: net.Server, path: string): Promise<Stop> {
  const open = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return async () => {
    const closed = once(server, "close");
    server.close();
    open.forEach((socket) => socket.destroy());
    await closed;
  };
}

function portOf(url: string | undefined): number {
  return Number(new URL(url ?? "").port);
}

async function succeeded(run: Promise<Ended>): Promise<void> {
  const { status, stdout, stderr } = await run;
  if (status !== 0) {
    throw new Error(`${stdout}${stderr}`);
  }
}
