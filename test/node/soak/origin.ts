import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Origin } from "../../../components/node/site";
import { scriptLoad } from "../life/load";
import { reply, ScriptedOrigin } from "../origin/scripted";

const REPOSITORY = path.join(__dirname, "..", "..", "..");

/**
 * The origin of a soak, in a process of its own. Node takes one connection at each turn of its loop, and the loop of a
 * process that is also all clients turns nine times a second on a busy machine: then the 400 connections that a node opens
 * for hostile clients stood before that of a well-behaved one for longer than the minute that a node waits.
 */
export class SoakOrigin {
  private constructor(
    private readonly program: ChildProcessByStdio<Writable, Readable, null>,
    private readonly origin: Origin,
  ) {}

  static async start(): Promise<SoakOrigin> {
    const program = spawn(process.execPath, ["-r", "./infra/cli/typescript.js", __filename], {
      cwd: REPOSITORY,
      stdio: ["pipe", "pipe", "inherit"],
    });
    for await (const line of createInterface(program.stdout)) {
      return new SoakOrigin(program, JSON.parse(line) as Origin);
    }
    throw new Error("the origin has ended before it had a port");
  }

  /** As a site names it. */
  at(): Origin {
    return this.origin;
  }

  async stop(): Promise<void> {
    this.program.stdin.end();
    await once(this.program, "exit");
  }
}

/** Until standard input ends, as it does with the soak. */
async function main(): Promise<void> {
  const origin = await ScriptedOrigin.start();
  scriptLoad(origin);
  origin.on("/hang", () => new Promise(() => undefined));
  origin.on("/large", reply(Buffer.alloc(4 * 1024 * 1024), { "cache-control": "no-store" }));
  process.stdout.write(`${JSON.stringify(origin.at())}\n`);
  process.stdin.resume();
  await once(process.stdin, "end");
  await origin.stop();
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
}
