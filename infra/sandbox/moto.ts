import { spawn } from "node:child_process";
import { once } from "node:events";
import * as readline from "node:readline";

/** The version that is tried here; newer ones may serve as well. */
export const MOTO_VERSION = "5.2.5";

/** AWS as the authors of moto have read it, on a port of its own of the loopback interface. It forgets all when it ends. */
export interface Moto {
  readonly url: string;
  /** What points a program's AWS SDK at it, and at nothing of the user's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/**
 * @param program path of `moto_server`
 * @throws Error with what it said, when it ends before it serves
 */
export async function startMoto(program: string): Promise<Moto> {
  const server = spawn(program, ["--host", "127.0.0.1", "--port", "0"], {
    // Buffered, its first line would come when it ends; its own images take it ten seconds. Certificates are issued at once.
    env: { ...process.env, PYTHONUNBUFFERED: "1", MOTO_EC2_LOAD_DEFAULT_AMIS: "false", MOTO_ACM_VALIDATION_WAIT: "1" },
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
    server.once("error", reject);
    server.once("exit", () => {
      reject(new Error(`moto ended before it served:\n${said.join("\n")}`));
    });
  });
  return {
    url,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret-for-moto",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
    stop: async () => {
      const ended = once(server, "exit");
      server.kill();
      await ended;
    },
  };
}
