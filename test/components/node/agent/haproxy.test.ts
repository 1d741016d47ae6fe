import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HaproxyAway, HaproxyRuntime } from "../../../../components/node/agent/haproxy";

/** Answers one command a connection, as HAProxy does. */
async function listen(path: string, answer: (command: string) => string): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.once("data", (data) => socket.end(answer(data.toString().trimEnd())));
    socket.on("error", () => socket.destroy());
  });
  server.listen(path);
  await once(server, "listening");
  return server;
}

describe("HAProxy's runtime API", () => {
  let folder: string;
  let sockets: { admin: string; master: string };
  let servers: net.Server[];
  let asked: string[];
  const runtime = () => new HaproxyRuntime(sockets);
  const serve = async (which: keyof typeof sockets, answer: (command: string) => string): Promise<void> => {
    servers.push(
      await listen(sockets[which], (command) => {
        asked.push(command);
        return answer(command);
      }),
    );
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-haproxy-"));
    sockets = { admin: join(folder, "admin.sock"), master: join(folder, "master.sock") };
    servers = [];
    asked = [];
  });

  afterEach(() => {
    for (const server of servers) {
      server.close();
    }
    rmSync(folder, { recursive: true });
  });

  const MAPS = "# id (file) description\n3 (/run/a.map) x\n7 (/run/b.map) x\n12 (/run/a.map) x\n\n";

  /** HAProxy with these maps, by id; words are told apart as it does it. */
  function withMaps(maps: Readonly<Record<string, Map<string, string>>>): (command: string) => string {
    return (command) => {
      if (command === "show map") {
        return MAPS;
      }
      const words = command.match(/(?:\\.|[^\\ ])+/g) ?? [];
      const [verb, , id = "", key = "", value = ""] = words.map((word) => word.replace(/\\(.)/g, "$1"));
      const map = maps[id] ?? new Map<string, string>();
      switch (verb) {
        case "get":
          return map.has(key)
            ? `type=str, case=sensitive, found=yes, idx=tree, key="${key}", value="${map.get(key) ?? ""}", type="str"\n\n`
            : "type=str, case=sensitive, found=no\n\n";
        case "set":
          return map.has(key) ? (map.set(key, value), "\n") : "entry not found.\n\n";
        case "add":
          map.set(key, value);
          return "\n";
        case "del":
          return map.delete(key) ? "\n" : "Key not found.\n\n";
        default:
          return "no such command";
      }
    };
  }

  test("sets a key in every map that the file has become, where it is new and where it is not, and sees that it is there", async () => {
    const maps = {
      "#3": new Map<string, string>(),
      "#7": new Map<string, string>(),
      "#12": new Map([["node", "former"]]),
    };
    await serve("admin", withMaps(maps));
    await runtime().setMap("/run/a.map", "node", "full; twice \\o/ <<");

    const entry = "node full\\;\\ twice\\ \\\\o/\\ \\<\\<";
    expect(asked).toEqual([
      "show map",
      `set map #3 ${entry}`,
      `add map #3 ${entry}`,
      "get map #3 node",
      `set map #12 ${entry}`,
      "get map #12 node",
    ]);
    expect(Object.values(maps).map((map) => map.get("node"))).toEqual([
      "full; twice \\o/ <<",
      undefined,
      "full; twice \\o/ <<",
    ]);
  });

  test("takes a key out where it is", async () => {
    const maps = { "#3": new Map<string, string>(), "#12": new Map([["node", "former"]]) };
    await serve("admin", withMaps(maps));
    await runtime().deleteMap("/run/a.map", "node");

    expect(asked).toEqual(["show map", "del map #3 node", "get map #3 node", "del map #12 node", "get map #12 node"]);
    expect(maps["#12"].size).toBe(0);
  });

  test("says which keys HAProxy has in a map, and whether it uses one", async () => {
    // As HAProxy 3.0 lists them (pat_list_str): a reference, the key and the value.
    const lists: Readonly<Record<string, string>> = {
      "show map": "# id (file) description\n3 (/run/a.map) pattern loaded\n12 (/run/a.map) pattern loaded\n\n",
      "show map #3": "0x55d0c2a1b2c0 own first,second\n0x55d0c2a1b300 0AF accepted\n\n",
      "show map #12": "0x55d0c2a1b340 1BC accepted\n\n",
    };
    await serve("admin", (command) => lists[command] ?? "");

    expect(await runtime().keysOf("/run/a.map")).toEqual(new Set(["own", "0AF", "1BC"]));
    expect(await runtime().keysOf("/run/none.map")).toBeUndefined();
  });

  test("rejects what HAProxy has not done, whatever it has answered, and does not hand on the value", async () => {
    const silent = { "#7": new Map([["held", "former"]]) };
    await serve("admin", (command) => (/^(?:set|add|del)/.test(command) ? "\n" : withMaps(silent)(command)));

    await expect(runtime().setMap("/run/b.map", "held", "secret")).rejects.toThrow(
      new Error("HAProxy has not taken the value of held into its map /run/b.map"),
    );
    await expect(runtime().deleteMap("/run/b.map", "held")).rejects.toThrow(
      new Error("HAProxy has not taken held out of its map /run/b.map"),
    );
  });

  test("rejects a map that HAProxy does not have, and a value that no command can hold", async () => {
    await serve("admin", withMaps({}));

    await expect(runtime().setMap("/run/c.map", "k", "v")).rejects.toThrow(new Error("HAProxy has no map /run/c.map"));
    await expect(runtime().setMap("/run/a.map", "k", "two\nlines")).rejects.toThrow(
      new Error("HAProxy takes printable characters of ASCII alone in a word"),
    );
  });

  test("rejects as away when nothing listens", async () => {
    await expect(runtime().say("show info")).rejects.toThrow(HaproxyAway);
    await expect(runtime().reload()).rejects.toThrow(HaproxyAway);
  });

  test("reloads by its master", async () => {
    await serve("master", () => "Success=1\n--\nLoading success.\n");
    await runtime().reload();

    expect(asked).toEqual(["reload"]);
  });

  test("rejects with HAProxy's words when it does not reload", async () => {
    await serve("master", () => "Success=0\n--\n[ALERT] unknown keyword\n");

    await expect(runtime().reload()).rejects.toThrow(
      "HAProxy has not reloaded: Success=0\n--\n[ALERT] unknown keyword",
    );
  });

  describe("activity", () => {
    const HEAD = "# pxname,svname,scur,stot,req_tot,h2_open_connections,\n";
    const worker = (scur: number, requests: number, redirects: number, http2: number) =>
      `${HEAD}traffic,FRONTEND,9,9,9999,${http2},\nredirect,FRONTEND,9,9,${redirects},0,\ncache,varnish,9,9,,9,\n` +
      `cache,BACKEND,${scur},${requests},,9,\n\n`;
    const PROCESSES =
      "#<PID>          <type>          <reloads>       <uptime>        <version>\n" +
      "16              master          2 [failed: 1]   0d00h00m03s     3.0.11\n" +
      "# workers\n500             worker          1               0d00h00m00s     3.0.11\n";

    test("counts requests of all workers, and HTTP/2 connections of the present one", async () => {
      await serve("master", (command) =>
        command === "show proc"
          ? `${PROCESSES}# old workers\n28              worker          2               0d00h00m03s     3.0.11\n# programs\n\n`
          : command === "@!500 show stat"
            ? worker(2, 10, 3, 4)
            : command === "@!28 show stat"
              ? worker(1, 100, 30, 40)
              : "no such command",
      );

      expect(await runtime().activity()).toEqual({ inFlight: 3, requests: 143, http2: 4 });
    });

    test("does not count a worker that ends meanwhile", async () => {
      await serve("master", (command) =>
        command === "show proc"
          ? `${PROCESSES}# old workers\n28              worker          2               0d00h00m03s     3.0.11\n\n`
          : command === "@!500 show stat"
            ? worker(2, 10, 3, 4)
            : "Can't find the target PID matching the prefix '@!28'\n\n",
      );

      expect(await runtime().activity()).toEqual({ inFlight: 2, requests: 13, http2: 4 });
    });

    test("has dropped lines of the access log, worker by worker", async () => {
      // Of `show info` of HAProxy 3.0.11, shortened.
      await serve("master", (command) =>
        command === "show proc"
          ? PROCESSES
          : command === "@!500 show info"
            ? "Name: HAProxy\nVersion: 3.0.11\nNbthread: 2\nCumReq: 1728\nDroppedLogs: 4\nBusyPolling: 0\n\n"
            : worker(2, 10, 3, 4),
      );

      expect([...(await runtime().totals()).values()]).toEqual([
        { originRequests: 0, originFailures: 0, connections: 9, droppedLines: 4 },
      ]);
    });

    test("rejects when there is no worker", async () => {
      await serve("master", () => "#<PID> <type>\n16 master 0\n# workers\n# programs\n\n");

      await expect(runtime().activity()).rejects.toThrow("HAProxy has no worker");
    });
  });
});
