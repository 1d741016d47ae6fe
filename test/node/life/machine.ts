import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { AGENT_FILES } from "../../../components/node/agentFiles";
import { NODE_HEALTH_PATH, NODE_PORTS } from "../../../components/node/ports";
import { HAPROXY, HAPROXY_FILE, VARNISH } from "../../../components/node/processes";
import type { Bundle } from "../../../components/node/protocol/bundleFormat";
import { UNITS } from "../../../components/node/systemd";
import { authority, certificateFor } from "../../../infra/edge/authority";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import type { Cloud, Machine as CloudMachine } from "../../../infra/lab/aws/cloud";
import { BareMachine, succeeded, type Around } from "../../../infra/lab/machine/bareMachine";
import { IMAGE_ROOT } from "../debianRoot";

export interface BootOptions {
  readonly cloud: Cloud;
  readonly machine: CloudMachine;
  /** The region's store, and the bucket of its logs. */
  readonly buckets: readonly string[];
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

/** Address of the origin, as sites name it. */
export const ORIGIN_ADDRESS = "127.0.0.9";
const AWS_ADDRESS = "127.0.0.2";
const LOAD_BALANCER_ADDRESS = "127.0.0.8";
const METADATA_ADDRESS = "169.254.169.254";
const METADATA_ADDRESS_IPV6 = "fd00:ec2::254";

/**
 * A machine that finds the endpoints of its own region by their names and no others, an origin, and a load balancer that
 * sends it requests.
 */
export class Machine extends BareMachine {
  private origin: http.Server | undefined;

  static async make(options: BootOptions): Promise<Machine> {
    const folders = { image: debianRootFolder(IMAGE_ROOT), surroundings: debianRootFolder() };
    const machine = new Machine(...(await BareMachine.roots(folders)));
    await machine.place(options);
    return machine;
  }

  /** Takes away what a boot has made of the machine but for the packages, and shuts it down: so images are made. */
  async bake(): Promise<void> {
    const { files } = JSON.parse(this.read(AGENT_FILES.bundle)) as Bundle;
    await succeeded(this.exec("systemctl", "disable", "--quiet", ...UNITS));
    // As Debian's packages have them when they are installed: their own, and enabled.
    const services = [HAPROXY, VARNISH].map(({ unit }) => `${unit}.service`);
    await succeeded(this.exec("rm", ...services.map((service) => `/etc/systemd/system/${service}`)));
    await succeeded(this.exec("systemctl", "enable", "--quiet", ...services));
    await this.forget();
    const folders = ["/etc/footprint", "/usr/local/lib/footprint", "/var/lib/footprint", "/var/log/haproxy"];
    for (const path of [...Object.keys(files), ...folders]) {
      this.root.remove(path);
    }
    for (const path of [HAPROXY_FILE, "/etc/varnish/default.vcl"]) {
      this.root.write(path, readFileSync(join(debianRootFolder(), path), "utf8"));
    }
  }

  /** Shuts it down, to boot the next time as if it were the first. */
  async forget(): Promise<void> {
    await succeeded(this.exec("cloud-init", "clean", "--logs"));
    await this.shutDown();
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
    const entered = [`--net=/proc/${String(this.root.pid)}/ns/net`, process.execPath, "-e", ASK_HEALTH];
    const { stdout } = spawnSync("nsenter", entered, { encoding: "utf8" });
    return Number(stdout);
  }

  /** A request as it comes from the load balancer. */
  ask(host: string, path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.get(
        { socketPath: this.socket("client"), path, headers: { host }, agent: false },
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

  /** What systemd lists of units that failed; nothing when there is none. */
  async failedUnits(): Promise<string> {
    return (await this.exec("systemctl", "--failed", "--quiet", "--plain")).stdout;
  }

  /** What systemd says of a unit, by the names of its properties. */
  async unit(name: string, ...properties: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const { stdout } = await this.exec("systemctl", "show", `--property=${properties.join(",")}`, name);
    return Object.fromEntries(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  /** What systemd and the units, or some of them, have said since the machine was made. */
  async journal(...units: readonly string[]): Promise<readonly string[]> {
    const options = units.map((unit) => `--unit=${unit}`);
    const { stdout } = await this.exec("journalctl", "--quiet", "--output=cat", ...options);
    return stdout.split("\n");
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.origin?.closeAllConnections();
    this.origin?.close();
  }

  /** What the machine finds on its network: HAProxy in front of this process. */
  private async place({ cloud, machine, buckets, origin, authorityFolder }: BootOptions): Promise<void> {
    const { region, instance } = machine.facts;
    const services = [...buckets.map((bucket) => `${bucket}.s3`), "ssm", "autoscaling", "monitoring"];
    const hosts = services.map((service) => `${service}.${region}.amazonaws.com`);
    const ca = await authority(this.front, authorityFolder);
    this.origin = http.createServer(origin).listen(0, "127.0.0.1");
    await once(this.origin, "listening");
    await this.furnished({
      instance,
      trust: ca.certificate,
      addresses: [`${METADATA_ADDRESS}/32`, `${METADATA_ADDRESS_IPV6}/128`],
      bridges: {
        aws: portOf(cloud.url),
        metadata: portOf(machine.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"]),
        origin: (this.origin.address() as AddressInfo).port,
      },
      around: async (front): Promise<readonly Around[]> => {
        front.write("/etc/haproxy/aws.pem", await certificateFor(front, ca, hosts), 0o600);
        front.write("/etc/haproxy/haproxy.cfg", FRONT);
        return [{ name: "front", command: ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"] }];
      },
    });
    this.root.write(
      "/etc/hosts",
      ["127.0.0.1 localhost", ...hosts.map((host) => `${AWS_ADDRESS} ${host}`), ""].join("\n"),
    );
    // Asked for names of origins; nothing answers there.
    this.root.write("/etc/resolv.conf", "nameserver 127.0.0.53\n");
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

function portOf(url: string | undefined): number {
  return Number(new URL(url ?? "").port);
}
