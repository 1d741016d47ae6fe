import { once } from "node:events";
import { createInterface } from "node:readline";
import type { NodeProcess } from "../../components/node/processes";
import { SOCKETS_GROUP } from "../../components/node/sockets";
import type { PrivateRoot, Program } from "./privateRoot";

/** Lines of a service that are kept for an error. */
const LAST_LINES = 40;

export interface ServiceOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Takes each line of its standard output. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Takes each line of its standard error. */
  readonly onMessage?: ((line: string) => void) | undefined;
}

/** A program that runs in a private root until it or the root is ended. */
export class Service {
  private readonly said: string[] = [];

  private constructor(
    readonly name: string,
    private readonly program: Program,
  ) {}

  static start(root: PrivateRoot, name: string, command: readonly string[], options: ServiceOptions = {}): Service {
    const program = root.spawn(command, options.env);
    const service = new Service(name, program);
    createInterface(program.stdout).on("line", (line) => options.onLine?.(line));
    createInterface(program.stderr).on("line", (line) => {
      service.said.push(line);
      service.said.splice(0, service.said.length - LAST_LINES);
      options.onMessage?.(line);
    });
    return service;
  }

  get isRunning(): boolean {
    return this.program.exitCode === null && this.program.signalCode === null;
  }

  /** Null while it runs, and when a signal has ended it. */
  get exitCode(): number | null {
    return this.program.exitCode;
  }

  /** What it said last on standard error. */
  get lastWords(): string {
    return this.said.join("\n");
  }

  /** Resolves when it has ended, for whatever reason, with what it said last. */
  async ended(): Promise<string> {
    if (this.isRunning) {
      await once(this.program, "exit");
    }
    return `${this.name} has ended\n${this.lastWords}`;
  }
}

/** The command, run as the user, with the groups and the file modes that systemd gives the program on a node. */
export function asUser({ user, group }: NodeProcess, command: readonly string[]): readonly string[] {
  const identity = [`--reuid=${user}`, `--regid=${group}`, `--groups=${group},${SOCKETS_GROUP}`];
  const unprivileged = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];
  return ["setpriv", ...identity, ...unprivileged, "sh", "-c", 'umask 0027; exec "$@"', "sh", ...command];
}
