import { AGENT_FILES } from "../agentFiles";
import { RING } from "../haproxy/ring";
import { readIfThere, writeDurably } from "./durableFile";
import type { HaproxyRuntime } from "./haproxy";

/** The version of the format, which is a file's first line, and what an address is in HAProxy's words where there is none. */
const VERSION = "1";
const NONE = "-";

/** Of a line of `show servers state`: backend and server, its address, what an administrator wants, and its name. */
const [BACKEND, SERVER, ADDRESS, ADMIN, NAME] = [1, 3, 4, 6, 17];
/** Bit of an administrator's word: it is out by the runtime API. */
const OUT = 1;

/**
 * Keeps what HAProxy knows of the servers that it asks by name: a process that starts while names cannot be looked up would
 * have no address of any. What it lost meanwhile stays as it was. And what it was told of the PoP's other nodes, which a
 * process that starts would have to be told anew.
 */
export class OriginAddresses {
  constructor(
    private readonly options: {
      readonly haproxy: Pick<HaproxyRuntime, "say">;
      /** Default: where HAProxy reads it. */
      readonly file?: string;
    },
  ) {}

  async look(): Promise<void> {
    const { haproxy, file = AGENT_FILES.addresses } = this.options;
    const present = byServer(await haproxy.say("show servers state"));
    const former = readIfThere(file) ?? "";
    const kept = new Map([...byServer(former)].filter(([server]) => present.has(server)));
    for (const [server, line] of present) {
      if (wordOf(line, ADDRESS) !== NONE) {
        kept.set(server, line);
      }
    }
    const text = [VERSION, ...kept.values()].map((line) => `${line}\n`).join("");
    if (text !== former) {
      writeDurably(file, text, 0o644);
    }
  }
}

/** Lines of servers that have a name; the others' addresses are in the configuration. */
function byServer(state: string): ReadonlyMap<string, string> {
  const lines = state
    .split("\n")
    .filter((line) => /^\d+ /.test(line) && (wordOf(line, NAME) ?? NONE) !== NONE && !isEmptySlot(line));
  return new Map(lines.map((line) => [`${wordOf(line, BACKEND) ?? ""} ${wordOf(line, SERVER) ?? ""}`, line]));
}

/** A place for a node of the PoP that nobody has. */
function isEmptySlot(line: string): boolean {
  return wordOf(line, BACKEND) === RING.backend && (Number(wordOf(line, ADMIN)) & OUT) !== 0;
}

function wordOf(line: string, place: number): string | undefined {
  return line.split(" ")[place];
}
