import { createWriteStream, type WriteStream } from "node:fs";
import type { RunningNode } from "../../../infra/edge/node";
import { Service } from "../../../infra/edge/service";

/** What the test has lines of. */
const PIPE = "/run/lines-of-a-test";
const WRITER = ["sh", "-c", `exec /usr/local/lib/footprint/write-access-log < ${PIPE}`];

/** The real writer of the access log on a node without systemd, which gets HAProxy's lines from the test. */
export class AccessLogWriter {
  private pipe: WriteStream | undefined;
  private readonly early: string[] = [];

  /** Takes a line, also before the writer is there. */
  readonly take = (line: string): void => {
    if (this.pipe === undefined) {
      this.early.push(line);
    } else {
      this.pipe.write(`${line}\n`);
    }
  };

  async start(node: RunningNode): Promise<void> {
    await node.exec("mkdir", "-p", "/var/log/haproxy");
    await node.exec("mkfifo", PIPE);
    Service.start(node.root, "access log", WRITER);
    this.pipe = createWriteStream(node.root.outside(PIPE));
    this.pipe.on("error", (error: NodeJS.ErrnoException) => {
      // It ends with its node, perhaps before the last line, and before those that come after that.
      if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") {
        throw error;
      }
    });
    this.early.forEach(this.take);
  }

  stop(): void {
    this.pipe?.destroy();
  }
}
