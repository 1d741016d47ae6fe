import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { askAgent, serveAgentSocket } from "../../../../components/node/agent/agentSocket";

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

  const serve = (drain: () => Promise<void>, forgive = drain) => serveAgentSocket({ drain, forgive }, path);

  test("drains the node and says when it may end", async () => {
    let drained = false;
    let finish: () => void = () => undefined;
    server = await serve(
      () =>
        new Promise((resolve) => {
          finish = () => {
            drained = true;
            resolve();
          };
          setImmediate(finish);
        }),
    );

    expect(await askAgent("drain", 60, path)).toBe(true);
    expect(drained).toBe(true);
  });

  test("is root's alone, and takes the place of one that was left behind", async () => {
    server = await serve(() => Promise.resolve());
    server.close();
    writeFileSync(path, "");
    server = await serve(() => Promise.resolve());

    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await askAgent("drain", 60, path)).toBe(true);
  });

  test("hears that an operator wants something forgiven", async () => {
    const done: string[] = [];
    const note = (word: string) => () => Promise.resolve(void done.push(word));
    server = await serve(note("drain"), note("forgive"));

    expect(await askAgent("forgive", 60, path)).toBe(true);
    expect(done).toEqual(["forgive"]);
  });

  test("rejects any other word", async () => {
    server = await serve(() => Promise.resolve());
    const socket = net.connect(path);
    socket.end("explode\n");

    expect(await text(socket)).toBe("the agent knows these words here: drain, forgive\n");
  });

  test("has no answer when no agent runs", async () => {
    expect(await askAgent("drain", 60, path)).toBe(false);
  });

  test("has no answer when the agent ends before the node may", async () => {
    server = await serve(() => Promise.reject(new Error("ended")));

    expect(await askAgent("drain", 60, path)).toBe(false);
  });

  test("has no answer when the agent takes too long", async () => {
    server = await serve(() => new Promise(() => undefined));

    expect(await askAgent("drain", 0.05, path)).toBe(false);
  });
});
