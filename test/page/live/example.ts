import type { LiveAction, LiveCity, LiveNode, LivePop } from "../../../infra/page/live/state";
import type { Look } from "../../../infra/page/live/timeline";

export const WANTED = "1a2b3c4d5e6f".padEnd(64, "0");
export const FORMER = "f0e1d2c3b4a5".padEnd(64, "0");

export function node(id: string, zone: string, more: Partial<LiveNode> = {}): LiveNode {
  return { id, zone, state: "serving", generation: WANTED, purgeLag: 1, ...more };
}

export function pop(region: string, more: Partial<LivePop> = {}): LivePop {
  const [place, lat, lon] = PLACES[region] ?? ["somewhere", 0, 0];
  return {
    ...{
      region,
      place,
      lat,
      lon,
      state: "active",
      attention: [],
      desired: 2,
      hitRatio: 0.934,
      requests: 12.3,
      wanted: WANTED,
    },
    nodes: [node(`i-${region}-1`, `${region}a`), node(`i-${region}-2`, `${region}b`)],
    ...more,
  };
}

const PLACES: Readonly<Record<string, readonly [string, number, number]>> = {
  "ap-northeast-1": ["Asia Pacific (Tokyo)", 35.7, 139.7],
  "eu-central-1": ["Europe (Frankfurt)", 50.1, 8.7],
  "eu-west-1": ["Europe (Ireland)", 53.3, -6.3],
  "sa-east-1": ["South America (Sao Paulo)", -23.6, -46.6],
  "us-east-1": ["US East (N. Virginia)", 39, -77.5],
};

export function city(name: string, answeredBy: string | null, more: Partial<LiveCity> = {}): LiveCity {
  const [country, lat, lon, ms] = CITIES[name] ?? ["ZZ", 0, 0, 50];
  return { name, country, lat, lon, answeredBy, ms: answeredBy === null ? null : ms, last: "hit", ...more };
}

const CITIES: Readonly<Record<string, readonly [string, number, number, number]>> = {
  Berlin: ["DE", 52.5, 13.4, 14],
  Cairo: ["EG", 30, 31.2, 61],
  London: ["GB", 51.5, -0.1, 11],
  "New York": ["US", 40.7, -74, 8],
  "San Francisco": ["US", 37.8, -122.4, 66],
  "Sao Paulo": ["BR", -23.5, -46.6, 4],
  Sydney: ["AU", -33.9, 151.2, 112],
  Tokyo: ["JP", 35.7, 139.7, 3],
};

export const ACTIONS: readonly LiveAction[] = [
  {
    ...{ id: "kill-node", group: "fault", label: "Kill a node" },
    targets: [
      { id: "i-eu-west-1-1", label: "i-eu-west-1-1, eu-west-1a" },
      { id: "i-eu-west-1-2", label: "i-eu-west-1-2, eu-west-1b" },
    ],
  },
  { id: "kill-origin", group: "fault", label: "Stop the origin", targets: null },
  { id: "drain", group: "operator", label: "Drain", targets: [{ id: "eu-west-1", label: "eu-west-1" }] },
  { id: "undrain", group: "operator", label: "Undrain", targets: [] },
];

/** Three PoPs that are well, each with two nodes, and cities that ask them. */
export function look(more: Partial<Look> = {}): Look {
  return {
    footprint: "edge",
    at: "2026-01-02T03:04:05.000Z",
    pops: [pop("ap-northeast-1"), pop("eu-west-1"), pop("us-east-1")],
    cities: [
      city("Berlin", "eu-west-1"),
      city("London", "eu-west-1"),
      city("New York", "us-east-1"),
      city("Tokyo", "ap-northeast-1"),
    ],
    ...{ links: [], origin: null, attention: [], actions: [], notes: ["Nobody here asks but this test."] },
    ...more,
  };
}
