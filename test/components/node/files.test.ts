import { nodeFiles } from "../../../components/node/files";
import { modeOf } from "../../../components/node/modes";
import type { NodeFiles } from "../../../components/node/nodeFiles";
import { HAPROXY, VARNISH, VARNISH_FOLDER } from "../../../components/node/processes";
import type { NodeOptions } from "../../../components/node/options";
import { OPTIONS } from "./options";

const FILES = nodeFiles(OPTIONS);

const shieldedTwice = OPTIONS.sites.map((site, i) => ({ ...site, shield: i === 0 ? "us-west-2" : "eu-central-1" }));
const shielded = OPTIONS.sites.map((site, i) => (i === 0 ? { ...site, shield: "eu-central-1" } : site));

/** What each option changes. */
const VARIANTS: readonly (readonly [string, Partial<NodeOptions>])[] = [
  ["nodes that are one cache", { cluster: true }],
  ["a shield elsewhere", { sites: shielded }],
  ["shields in two places", { sites: shieldedTwice }],
  ["one site alone", { sites: OPTIONS.sites.slice(0, 1) }],
  ["the shield itself", { region: "eu-central-1", sites: shielded }],
  ["a shield elsewhere, and nodes that are one cache", { sites: shielded, cluster: true }],
  ["health that ends with purges", { purgeMaxStaleness: 3600 }],
  [
    "one machine for all",
    {
      cluster: true,
      listen: {
        address: "127.0.0.1",
        ports: {
          traffic: 1001,
          redirect: 1002,
          health: 1003,
          peers: 1004,
          ownPeer: 1005,
          metrics: 1006,
          agentMetrics: 1007,
        },
      },
    },
  ],
  [
    "sites with the other settings",
    {
      sites: OPTIONS.sites.map((site, i) => ({
        ...site,
        cacheKey:
          i === 0
            ? { query: "none", headers: [], cookies: ["z", "a"] }
            : { query: ["zoom", "a b", "é&=", "\t"], headers: ["X-B", "X-A"], cookies: [] },
        clientAddress: "none",
        methods: ["PUT", "GET", "DELETE", "HEAD", "FORGET", "HEADER"],
        origins: i === 0 ? [...site.origins, { scheme: "http", host: "192.0.2.7", port: 8080 }] : site.origins.slice(1),
      })),
    },
  ],
];

/** Lines that only one of them has, by file. */
function difference(before: NodeFiles, after: NodeFiles): string {
  const linesOnlyIn = (files: NodeFiles, others: NodeFiles, path: string, mark: string) => {
    const there = new Set(others[path]?.split("\n"));
    return (files[path] ?? "").split("\n").flatMap((line) => (there.has(line) ? [] : [`${mark}${line}`]));
  };
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((path) => before[path] !== after[path])
    .flatMap((path) => [path, ...linesOnlyIn(before, after, path, "-"), ...linesOnlyIn(after, before, path, "+")])
    .join("\n");
}

describe("a node's files", () => {
  test.each(Object.keys(FILES))("%s of two sites", (path) => {
    expect(FILES[path]).toMatchSnapshot();
  });

  test("are these", () => {
    expect(Object.keys(FILES).join("\n")).toMatchSnapshot();
  });

  // systemd.exec(5): a unit's program must be executable; all else is data that anyone may read.
  test("are programs below one folder, and data elsewhere", () => {
    const inFolder = (path: string) => path.startsWith("/usr/local/lib/footprint/");
    const scripts = Object.keys(FILES).filter((path) => FILES[path]?.startsWith("#!"));

    expect(scripts.map(modeOf)).toEqual(scripts.map(() => 0o755));
    expect(
      new Set(
        Object.keys(FILES)
          .filter((path) => !inFolder(path))
          .map(modeOf),
      ),
    ).toEqual(new Set([0o644]));
  });

  test.each(VARIANTS)("of %s differ by these lines", (_, options) => {
    expect(difference(FILES, nodeFiles({ ...OPTIONS, ...options }))).toMatchSnapshot();
  });

  test("are the same for the same options", () => {
    expect(nodeFiles(structuredClone(OPTIONS))).toEqual(FILES);
  });

  test("end with one newline, and have no trailing spaces", () => {
    const odd = Object.entries(FILES).filter(([, text]) => !/[^\n]\n$/.test(text) || /[ \t]$/m.test(text));

    expect(odd.map(([path]) => path)).toEqual([]);
  });

  test("name no other place of a script than the one that is executable", () => {
    const scripts = Object.entries(FILES).filter(([, text]) => text.startsWith("#!"));

    expect(scripts.length).toBe(8);
    expect(scripts.filter(([path]) => !path.startsWith("/usr/local/lib/footprint/"))).toEqual([]);
  });

  test("with another site, differ in HAProxy's origins and maps alone", () => {
    const other = nodeFiles({ ...OPTIONS, sites: OPTIONS.sites.slice(1) });

    expect(Object.keys(FILES).filter((path) => other[path] !== FILES[path])).toEqual([
      "/etc/haproxy/haproxy.cfg",
      "/etc/haproxy/sites.map",
      "/etc/footprint/sites.json",
    ]);
  });
});

// haproxy(1): -c checks, -f names the file and -C the folder that its names are in; varnishd(1): -C compiles and ends.
describe("a node's programs", () => {
  test("are started by their scripts, and write to their own folders", () => {
    expect([HAPROXY, VARNISH].map(({ start, folders }) => [start, folders])).toEqual([
      [["/usr/local/lib/footprint/start-haproxy"], ["/run/haproxy"]],
      [["/usr/local/lib/footprint/start-varnish"], ["/run/varnish", VARNISH_FOLDER]],
    ]);
  });

  test("check files that are put below another folder", () => {
    expect(HAPROXY.check.join(" ")).toBe(
      "/usr/sbin/haproxy -C {staged}/etc/haproxy -c -f {staged}/etc/haproxy/haproxy.cfg",
    );
    expect(VARNISH.check).toEqual([
      ...["/usr/sbin/varnishd", "-C", "-j", "none", "-f", "{staged}/etc/varnish/default.vcl"],
      ...["-p", "cc_command=%D -O0 -g0", "-s", "memory=malloc,1m", "-s", "large=malloc,1m", "-s", "copies=malloc,1m"],
    ]);
  });
});
