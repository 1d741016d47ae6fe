import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as readline from "node:readline";
import { judge } from "./judges";

/** moto's server: AWS as its authors have read it, on a port of its own on the loopback interface. */
export class Moto {
  private readonly environment = { ...process.env };

  private constructor(
    private readonly server: ChildProcess,
    readonly url: string,
  ) {}

  /** Starts it, and points this process's AWS SDK at it. */
  static async start(): Promise<Moto> {
    const server = spawn(judge("moto_server"), ["--host", "127.0.0.1", "--port", "0"], {
      // Buffered, its first line would come when it ends; its own images take it ten seconds.
      env: { ...process.env, PYTHONUNBUFFERED: "1", MOTO_EC2_LOAD_DEFAULT_AMIS: "false" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const lines = readline.createInterface({ input: server.stderr });
    const url = await new Promise<string>((resolve, reject) => {
      const said: string[] = [];
      lines.on("line", (line) => {
        said.push(line);
        const [, found] = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line) ?? [];
        if (found !== undefined) {
          resolve(found);
        }
      });
      server.once("exit", () => {
        reject(new Error(`moto ended before it served:\n${said.join("\n")}`));
      });
    });
    const moto = new Moto(server, url);
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret-for-moto",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });
    return moto;
  }

  async stop(): Promise<void> {
    process.env = this.environment;
    const ended = once(this.server, "exit");
    this.server.kill();
    await ended;
  }
}
