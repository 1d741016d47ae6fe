import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { PrivateRoot, type Ended } from "../../edge/privateRoot";
import { Service } from "../../edge/service";
import { bridged, type Stop } from "./bridge";
import { System } from "./system";

/** By cloud-init, when it has ended. */
const WORKED_THROUGH = "/run/cloud-init/result.json";

/** Milliseconds between two looks for it. */
const LOOK_MS = 100;

/**
 * What `update-ca-certificates` does for one certificate, which takes more than a second of a processor for going through all
 * others: programs look into the one file, HAProxy into each that is called so, and OpenSSL for a name made of the subject.
 */
const TRUST = `
cd /etc/ssl/certs
ln -s /usr/local/share/ca-certificates/footprint.crt footprint.pem
ln -s footprint.pem "$(openssl x509 -noout -hash -in footprint.pem).0"
cat footprint.pem >> ca-certificates.crt
`;

/** Folders of Debians, as `debianRoot` gives them. */
export interface MachineRoots {
  /** From which it is booted. */
  readonly image: string;
  /** With the programs that stand around it. */
  readonly surroundings: string;
}

export interface MachineOptions {
  readonly instance: string;
  /** Certificate (PEM) that it trusts beside the public ones. */
  readonly trust: string;
  /** Addresses of its loopback interface beside 127.0.0.0/8. */
  readonly addresses: readonly string[];
  /** What this process answers there: port of this machine's loopback interface by the name of its socket below /run. */
  readonly bridges: Readonly<Record<string, number>>;
  /** Readies what stands around it, given its files: what is run there. */
  readonly around: (root: PrivateRoot) => Promise<readonly Around[]>;
}

/** A program beside the machine, in its network. */
export interface Around {
  readonly name: string;
  readonly command: readonly string[];
}

/**
 * A new machine of the cloud: a fresh Debian, booted by its systemd, whose network is a loopback interface and nothing
 * else. What it finds there (its region's endpoints, instance metadata, origins, a load balancer) are programs of a second
 * root in the same network, bridged to this process by sockets.
 */
export class BareMachine {
  private system: System | undefined;
  private readonly stops: Stop[] = [];

  protected constructor(
    readonly root: PrivateRoot,
    protected readonly front: PrivateRoot,
  ) {}

  protected static async roots(folders: MachineRoots): Promise<readonly [PrivateRoot, PrivateRoot]> {
    const root = await PrivateRoot.start(folders.image, {}, "own");
    try {
      return [root, await PrivateRoot.start(folders.surroundings, {}, root)];
    } catch (error) {
      await root.stop();
      throw error;
    }
  }

  /** Boots with this user data; returns what was said by the time at which cloud-init had ended. */
  async boot(userData: string): Promise<string> {
    this.root.write("/var/lib/cloud/seed/nocloud/user-data", userData);
    await this.start();
    // Its own `cloud-init status --wait` is a Python for each machine that looks all the time.
    while (!this.has(WORKED_THROUGH)) {
      if (this.system?.isOver !== false) {
        throw new Error("the machine has ended before its user data were worked through");
      }
      await sleep(LOOK_MS);
    }
    return this.read("/var/log/cloud-init-output.log");
  }

  /** Starts it as it is. */
  async start(): Promise<void> {
    this.system = await System.boot(this.root);
  }

  /** Shuts it down in order; its files stay. */
  async shutDown(): Promise<void> {
    await this.running.shutDown();
    this.system = undefined;
  }

  /** Runs a program in the running machine. */
  exec(...command: readonly string[]): Promise<Ended> {
    return this.running.exec(...command);
  }

  read(path: string): string {
    return readFileSync(this.running.outside(path), "utf8");
  }

  has(path: string): boolean {
    return existsSync(this.running.outside(path));
  }

  /** Where a socket of what stands around it is seen from outside. */
  socket(name: string): string {
    return this.front.outside(`/run/${name}.sock`);
  }

  /** Ends it at once, as a loss of power does, and all around it. */
  async stop(): Promise<void> {
    await this.system?.kill();
    await this.root.stop();
    await this.front.stop();
    await Promise.all(this.stops.map((stop) => stop()));
  }

  /** Gives it its surroundings, and what a booted machine has beside its files. Ends it when that fails. */
  protected async furnished(options: MachineOptions): Promise<void> {
    try {
      await this.surround(options);
      // The journal outlives a boot.
      this.root.makeFolder("/var/log/journal");
      this.root.write(
        "/etc/cloud/cloud.cfg.d/99-footprint.cfg",
        "datasource_list: [NoCloud]\nnetwork: { config: disabled }\n",
      );
      this.root.write("/var/lib/cloud/seed/nocloud/meta-data", `instance-id: ${options.instance}\n`);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  private async surround({ addresses, bridges, around, trust }: MachineOptions): Promise<void> {
    await succeeded(this.root.exec("ip", "link", "set", "lo", "up"));
    for (const address of addresses) {
      await succeeded(this.root.exec("ip", "address", "add", address, "dev", "lo"));
    }
    for (const [name, port] of Object.entries(bridges)) {
      this.stops.push(await bridged(this.socket(name), port));
    }
    for (const { name, command } of await around(this.front)) {
      Service.start(this.front, name, command);
    }
    this.root.write("/usr/local/share/ca-certificates/footprint.crt", trust);
    await succeeded(this.root.exec("sh", "-euc", TRUST));
  }

  private get running(): System {
    if (this.system === undefined) {
      throw new Error("the machine is not booted");
    }
    return this.system;
  }
}

/** Resolves when the program has done what it was asked. */
export async function succeeded(run: Promise<Ended>): Promise<void> {
  const { status, stdout, stderr } = await run;
  if (status !== 0) {
    throw new Error(`${stdout}${stderr}`);
  }
}
