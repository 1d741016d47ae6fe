import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACCESS_LOG_FILES } from "../../../components/node/accessLog";
import { IDLE_SECONDS } from "../../../components/node/connections";
import {
  bound,
  BOUNDS,
  limitsScript,
  RING_BOUNDS,
  SMALLEST,
  UNCOUNTED,
  VARIANTS_LIMIT,
  type BoundName,
  type RingBoundName,
} from "../../../components/node/limits";
import { REMEMBERED } from "../../../components/node/varnish/inFlight";

type Sums = Readonly<Record<BoundName | RingBoundName, number>>;

/** Of a node, and what comes to it where the PoP's nodes are one cache. */
const ALL = { ...BOUNDS, ...RING_BOUNDS };

/** Larger machines beside the smallest, and one whose programs may open few files. */
const MACHINES = [
  SMALLEST,
  { MEMORY: 8_000_000, PROCESSORS: 2, FILES: 1_048_576 },
  { MEMORY: 130_000_000, PROCESSORS: 32, FILES: 1_048_576 },
  { MEMORY: 32_000_000, PROCESSORS: 8, FILES: 20_000 },
];

const MB = 1024;

/** What a shell makes of the script. */
function sumsOf(machine: Readonly<Record<string, number>>): Sums {
  const env = Object.fromEntries(Object.entries(machine).map(([name, value]) => [name, String(value)]));
  const said = execFileSync("sh", ["-euc", `${limitsScript(true)}\nenv`], { env, encoding: "utf8" });
  return Object.fromEntries(
    Object.keys(ALL).map((name) => [name, Number(new RegExp(`^${name}=(\\d+)$`, "m").exec(said)?.[1])]),
  ) as Sums;
}

describe("the bounds of a node", () => {
  test("are on the smallest machine what stands beside their sums", () => {
    expect(sumsOf(SMALLEST)).toEqual(
      Object.fromEntries(Object.entries(ALL).map(([name, { smallest }]) => [name, smallest])),
    );
  });

  test("are left as the environment has them", () => {
    expect(sumsOf({ ...SMALLEST, CONNECTIONS: 300 })).toMatchObject({ CONNECTIONS: 300, CLIENT_CONNECTIONS: 10 });
  });

  test("are those of this machine where nothing is said", () => {
    expect(sumsOf({}).CONNECTIONS).toBeGreaterThan(0);
  });

  test("reach HAProxy by their names, with the smallest machine's for a program that was started before", () => {
    expect(bound("CONNECTIONS")).toBe('"${CONNECTIONS-15151}"');
  });

  describe.each(MACHINES)("on %j", (machine) => {
    const is = sumsOf(machine);

    test("leave no side waiting for another's connections", () => {
      const origins = 3 * is.EGRESS_CONNECTIONS + is.HELD;
      const sides = is.CONNECTIONS + is.REDIRECT_CONNECTIONS + origins + 3 * is.OWN_CONNECTIONS;

      expect(is.ALL_CONNECTIONS).toBeGreaterThan(sides);
      // With those of what has changed (haproxy/ring.ts).
      expect(is.ALL_CONNECTIONS).toBeGreaterThan(sides + is.PEER_CONNECTIONS + 32);
    });

    test("need no more files than a program may open: two a connection", () => {
      expect(2 * is.ALL_CONNECTIONS + 1000).toBeLessThanOrEqual(machine.FILES);
    });

    test("have a thread for each request in flight, a second one for each miss, and some for what is refused", () => {
      expect(2 * is.THREADS).toBeGreaterThanOrEqual(is.IN_FLIGHT + is.MISSES + 400);
      expect(2 * is.RING_THREADS).toBeGreaterThanOrEqual(is.IN_FLIGHT + is.MISSES + is.PEERS + is.HOPS + 400);
    });

    test("let in fewer misses than requests in flight, and no site or client takes them all", () => {
      expect(is.MISSES).toBeLessThanOrEqual(is.IN_FLIGHT / 4);
      expect(is.ORIGIN_MISSES).toBeLessThanOrEqual(is.MISSES * 0.45);
      expect(is.ORIGIN_CONNECTIONS).toBeLessThan(is.ORIGIN_MISSES);
      expect(is.ORIGIN_BUSY + is.CLIENT_MISSES).toBeLessThan(is.ORIGIN_CONNECTIONS);
      expect(is.ORIGIN_CROWDED + is.CLIENT_MISSES_CROWDED).toBeLessThan(is.ORIGIN_CONNECTIONS);
      expect(is.HELD).toBeLessThanOrEqual(is.IN_FLIGHT / 4);
      expect(is.SITE_HELD).toBeLessThanOrEqual(is.HELD / 2);
      expect(is.CLIENT_HELD).toBeLessThanOrEqual(is.SITE_HELD / 12);
      expect(is.CLIENT_CONNECTIONS * 31).toBeLessThan(is.CONNECTIONS);
      expect(is.CLIENT_IN_FLIGHT * 8).toBeLessThanOrEqual(is.IN_FLIGHT);
    });

    test("have room for all that passes through without being stored", () => {
      expect(is.MISSES * is.TRANSIT).toBeLessThanOrEqual((is.TRANSIENT_MEMORY * MB) / 2);
      expect((is.MISSES + is.HOPS) * is.RING_TRANSIT).toBeLessThanOrEqual((is.TRANSIENT_MEMORY * MB) / 2);
    });

    test("fit into the memory, with a twelfth of it for the kernel, the agent and its compiler", () => {
      const caches = (is.CACHE_MEMORY * (1 + UNCOUNTED) + is.TRANSIENT_MEMORY) * MB;
      const idle = (is.CONNECTIONS + is.REDIRECT_CONNECTIONS) * 10;

      const alone = caches + idle + is.IN_FLIGHT * 208 + is.MISSES * 480;
      const ring = (is.RING_CACHE_MEMORY - is.CACHE_MEMORY) * (1 + UNCOUNTED) * MB + is.PEERS * 208 + is.HOPS * 480;

      expect(alone).toBeLessThan((machine.MEMORY * 11) / 12);
      expect(alone + ring).toBeLessThan((machine.MEMORY * 11) / 12);
    });
  });
});

describe("what the README says of the bounds", () => {
  const readme = readFileSync(join(__dirname, "../../../components/node/README.md"), "utf8");
  const rows = readme
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim()),
    );
  const number = (value: number): string => value.toLocaleString("en-US");
  const holds = (what: string): readonly string[] | undefined => rows.find(([first]) => first === what)?.slice(1, 3);

  test("are their sums, and what they are on the smallest machine", () => {
    const stated = rows.filter(([name]) => name?.startsWith("`") === true && name.slice(1, -1) in ALL);

    expect(stated).toEqual(
      Object.entries(ALL).map(([name, { meaning, smallest, sum }]) => [
        `\`${name}\``,
        meaning,
        number(smallest),
        `\`${sum}\``,
      ]),
    );
  });

  test("are the sites and origins up to which each has a part that is kept: one request of a quarter", () => {
    const quarter = (name: BoundName): string => String(Math.floor(BOUNDS[name].smallest / 4));

    expect(/up to (\d+) sites and (\d+) origins on the smallest/.exec(readme)?.slice(1)).toEqual([
      quarter("IN_FLIGHT"),
      quarter("MISSES"),
    ]);
  });

  test("are the variants of a URL, and the purges that a fetch is told of", () => {
    expect(/\*\*Variants\*\* of a URL \(`Vary`\): (\d+) are/.exec(readme)?.[1]).toBe(String(VARIANTS_LIMIT));
    expect(/the last\s+(\d+) remembered/.exec(readme)?.[1]).toBe(String(REMEMBERED));
  });

  test("are the idle times of connections", () => {
    const stated = rows.filter(([first]) => /^above \d/.test(first ?? ""));

    expect(stated).toEqual(
      [...IDLE_SECONDS].reverse().map(({ above, idle }) => [`above ${String(above)} %`, `${String(idle)} s`]),
    );
  });

  test("is what one address and a thousand can hold", () => {
    const is = (name: BoundName): string => number(BOUNDS[name].smallest);
    const logged = `${String((ACCESS_LOG_FILES.megabytes * ACCESS_LOG_FILES.kept) / 1024)} GB`;

    expect(holds("connections")).toEqual([is("CLIENT_CONNECTIONS"), `all ${is("CONNECTIONS")}`]);
    expect(BOUNDS.CLIENT_CONNECTIONS_CROWDED.smallest * 1000).toBeGreaterThan(BOUNDS.CONNECTIONS.smallest);
    expect(holds("requests in flight")?.[0]).toBe(is("CLIENT_IN_FLIGHT"));
    expect(holds("requests in flight")?.[1]).toBe(`${is("IN_FLIGHT_SHARED")}, of one site ${is("SITE_IN_FLIGHT")}`);
    expect(holds("requests to one origin")).toEqual([is("ORIGIN_BUSY"), is("ORIGIN_MISSES")]);
    expect(holds("the same of a busy one")).toEqual([is("CLIENT_MISSES"), is("ORIGIN_MISSES")]);
    expect(holds("WebSockets and events")).toEqual([
      is("CLIENT_HELD"),
      `${is("HELD")}, of one site ${is("SITE_HELD")}`,
    ]);
    expect(holds("the access log")).toEqual([logged, logged]);
  });
});
