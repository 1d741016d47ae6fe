import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { PrivateRoot } from "../../edge/privateRoot";
import { succeeded } from "./bareMachine";

/** Of the bridge. */
const NAME = "nodes";

/** A network that machines are plugged into beside their loopback interface: a bridge in namespaces of its own. */
export class Segment {
  private plugged = 0;

  private constructor(private readonly root: PrivateRoot) {}

  /** @param folder a Debian that has `ip` */
  static async start(folder: string): Promise<Segment> {
    const root = await PrivateRoot.start(folder, {}, "own");
    try {
      await succeeded(root.exec("sh", "-euc", `ip link add ${NAME} type bridge && ip link set ${NAME} up`));
      return new Segment(root);
    } catch (error) {
      await root.stop();
      throw error;
    }
  }

  /**
   * Plugs a machine in; it is out again when its network is gone.
   *
   * @param machine one with a network of its own
   * @param address with the length of the network's prefix
   */
  async plug(machine: PrivateRoot, address: string): Promise<void> {
    const port = `port${String(this.plugged++)}`;
    // The machine's first process has its network, which is named by it.
    await this.run(
      machine,
      `ip link add ${port} type veth peer name eth0 netns 1 && ip link set ${port} master ${NAME} up`,
    );
    await succeeded(machine.exec("sh", "-euc", `ip address add ${address} dev eth0 && ip link set eth0 up`));
  }

  async stop(): Promise<void> {
    await this.root.stop();
  }

  /** Runs a script of a machine in this network. */
  private async run(machine: PrivateRoot, script: string): Promise<void> {
    const network = openSync(`/proc/${String(this.root.pid)}/ns/net`, "r");
    try {
      const entered = ["--target", String(machine.pid), "--mount", "--pid", "--root", "--wd"];
      const program = spawn("nsenter", [...entered, "nsenter", "--net=/proc/self/fd/3", "sh", "-euc", script], {
        stdio: ["ignore", "ignore", "pipe", network],
      });
      const [said] = await Promise.all([program.stderr === null ? "" : text(program.stderr), once(program, "close")]);
      if (program.exitCode !== 0) {
        throw new Error(`the machine cannot be plugged in: ${said}`);
      }
    } finally {
      closeSync(network);
    }
  }
}
