import { brokenRatio } from "./enginePart";
import { brokenBounds, brokenUsersRatio } from "./planPart";

const at = (pops: number, seconds: number, megabytes = 300) => ({ pops, resources: 100 * pops, seconds, megabytes });

test("bounds that are kept are not mentioned", () => {
  expect(brokenBounds([at(3, 2), at(30, 10)])).toEqual([]);
});

test.each([
  [[at(3, 5), at(30, 31)], "30 PoPs take 31.0 s, more than 30 s"],
  [[at(3, 5), at(30, 10, 1201)], "30 PoPs take 1201 MB, more than 1200 MB"],
  [[at(3, 1), at(30, 12.5)], "30 PoPs take 12.5 times as long as 3, more than 12 times"],
])("rejects a bound that is broken: %#", (measured, line) => {
  expect(brokenBounds(measured)).toEqual([line]);
});

test("rejects users that make a plan slower", () => {
  expect([brokenUsersRatio(1.25), brokenUsersRatio(1.26)]).toEqual([
    [],
    ["a plan with users takes 1.26 times as long as without, more than 1.25 times"],
  ]);
});

test("an engine that keeps its ratio is not mentioned", () => {
  expect(brokenRatio([at(3, 5), at(10, 20), at(30, 60)])).toEqual([]);
});

test("a machine that becomes slower in the middle is not taken for growth", () => {
  expect(brokenRatio([at(3, 5), at(10, 20), at(30, 90), at(3, 8)])).toEqual([]);
});

test("rejects an engine that takes out of proportion", () => {
  expect(brokenRatio([at(3, 5), at(10, 20), at(30, 61)])).toEqual([
    "the engine takes 12.2 times as long for 30 PoPs as for 3, more than 12 times",
  ]);
});
