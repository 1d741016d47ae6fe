import { drawTwo, mishaps, type Mishap } from "../../../infra/lab/chaos/mishaps";
import { randomOf } from "../../../infra/lab/chaos/random";
import { citiesIn } from "../../../infra/lab/cities/cities";
import { SHIPPED_LATENCY } from "../../../infra/plan/latency/table";
import { some } from "../../support/some";

const stage = (...active: readonly string[]) => ({
  active,
  cities: citiesIn("127.80", SHIPPED_LATENCY, ["London"]),
  zonesOf: (region: string) => [`${region}a`, `${region}b`],
});

const drawn = (seed: number, ...active: readonly string[]): readonly (readonly [Mishap, Mishap])[] => {
  const random = randomOf(seed);
  return Array.from({ length: 300 }, () => drawTwo(mishaps(stage(...active)), active.length, random));
};
const names = (pairs: readonly (readonly Mishap[])[]) => pairs.map((pair) => pair.map(({ name }) => name).join("; "));

test("a seed draws the same pairs each time, and another one others", () => {
  const pops = ["eu-west-1", "us-east-1"];
  expect(names(drawn(7, ...pops))).toEqual(names(drawn(7, ...pops)));
  expect(names(drawn(8, ...pops))).not.toEqual(names(drawn(7, ...pops)));
});

test("a PoP is left whatever is drawn, and no PoP has two things happen to it", () => {
  for (const pair of some(drawn(1, "eu-west-1", "us-east-1"))) {
    expect(pair.filter(({ takesOut }) => takesOut).length).toBeLessThan(2);
    expect(pair[0].region === null || pair[0].region !== pair[1].region).toBe(true);
  }
  expect(drawn(1, "a", "b", "c").some((pair) => pair.every(({ takesOut }) => takesOut))).toBe(true);
});

test("everything that may happen is drawn", () => {
  const all = names(mishaps(stage("eu-west-1", "us-east-1")).map((each) => [each]));
  const seen = new Set(drawn(3, "eu-west-1", "us-east-1").flatMap((pair) => names(pair.map((each) => [each]))));
  expect([...seen].sort()).toEqual([...all].sort());
});
