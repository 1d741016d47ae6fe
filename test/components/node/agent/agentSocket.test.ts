import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { askToDrain, serveAgentSocket } from "../../../../components/node/agent/agentSocket";

describe("the agent's socket", () => {
  let folder: string;
  let path: string;
  let server: net.Server | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-socket-"));
    path = join(folder, "run", "agent.sock");
  });

  afterEach(() => {
    server?.close();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  test("drains the node and says when it may end", async () => {
    let drained = false;
    let finish: () => void = () => undefined;
    server = await serveAgentSocket(
      () =>
        new Promise((resolve) => {
          finish = () => {
            drained = true;
            resolve();
          };
          setImmediate(finish);
        }),
      path,
    );

    expect(await askToDrain(60, path)).toBe(true);
    expect(drained).toBe(true);
  });

  test("is root's alone, and takes the place of one that was left behind", async () => {
    server = await serveAgentSocket(() => Promise.resolve(), path);
    server.close();
    writeFileSync(path, "");
    server = await serveAgentSocket(() => Promise.resolve(), path);

    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await askToDrain(60, path)).toBe(true);
  });

  test("rejects any other word", async () => {
    server = await serveAgentSocket(() => Promise.resolve(), path);
    const socket = net.connect(path);
    socket.end("explode\n");

    expect(await text(socket)).toBe("the agent knows one word here: drain\n");
  });

  test("has no answer when no agent runs", async () => {
    expect(await askToDrain(60, path)).toBe(false);
  });

  test("has no answer when the agent ends before the node may", async () => {
    server = await serveAgentSocket(() => Promise.reject(new Error("ended")), path);

    expect(await askToDrain(60, path)).toBe(false);
  });

  test("has no answer when the agent takes too long", async () => {
    server = await serveAgentSocket(() => new Promise(() => undefined), path);

    expect(await askToDrain(0.05, path)).toBe(false);
  });
});
