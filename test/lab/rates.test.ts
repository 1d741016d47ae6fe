import type { Datum } from "../../infra/lab/aws/series";
import { ratesOf } from "../../infra/lab/rates";

// As `footprint top` reads the same metrics (infra/operate/top.ts): hits and stale answers of all that was asked of a cache.

const NOW = 600_500;
const datum = (name: string, second: number, value: number, region = "eu-west-1"): Datum => ({
  ...{ region, namespace: "Footprint", name, dimensions: { Footprint: "base", Pop: region } },
  ...{ at: new Date(second * 1000), values: [[value, 1]] },
});

test("a PoP's rates are those of the last three whole minutes, of its own nodes", () => {
  const data = [
    datum("Requests", 400, 999),
    ...[430, 490].flatMap((at) => [datum("Requests", at, 60), datum("Hits", at, 30), datum("Misses", at, 10)]),
    datum("Stale", 490, 20),
    datum("Requests", 490, 999, "us-east-1"),
    datum("Requests", 600, 999),
  ];
  expect(ratesOf(data, "base", "eu-west-1", NOW)).toEqual({ hitRatio: 0.8, requests: 1 });
});

test("nothing is said of what nobody has published, or asked for", () => {
  expect(ratesOf([], "base", "eu-west-1", NOW)).toEqual({ hitRatio: null, requests: null });
  expect(ratesOf([datum("Requests", 490, 0)], "base", "eu-west-1", NOW)).toEqual({ hitRatio: null, requests: 0 });
});
