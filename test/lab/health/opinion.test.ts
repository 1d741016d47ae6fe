import { after, AT_FIRST, verdict } from "../../../infra/lab/health/opinion";

// Witness: "How Amazon Route 53 determines whether a health check is healthy" in the Route 53 Developer Guide.

/** What a checker believes after each of these results: + succeeded, - failed. */
function course(results: string, threshold: number): string {
  let opinion = AT_FIRST;
  return Array.from(results, (result) => {
    opinion = after(opinion, result === "+", threshold);
    return opinion.healthy ? "H" : "u";
  }).join("");
}

describe("a checker", () => {
  test("changes its mind after so many failures in a row, and back after so many successes", () => {
    expect(course("---+++", 3)).toBe("HHuuuH");
    expect(course("--+--+---", 3)).toBe("HHHHHHHHu");
    expect(course("-+-+", 1)).toBe("uHuH");
    expect(course("---------++-++--++++++++++", 10)).toBe("HHHHHHHHHHHHHHHHHHHHHHHHHH");
  });
});

describe("Route 53", () => {
  const opinions = (healthy: number, of: number) =>
    Array.from({ length: of }, (_, index) => ({ healthy: index < healthy, against: 0 }));

  test.each([
    // More than 18 % of them: 2.88 of 16, 1.8 of 10, 9 of 50.
    [2, 16, false],
    [3, 16, true],
    [1, 10, false],
    [2, 10, true],
    [9, 50, false],
    [10, 50, true],
    [0, 3, false],
    [1, 3, true],
  ])("calls an endpoint healthy by %i of %i checkers: %s", (healthy, of, verdictOfThem) => {
    expect(verdict(opinions(healthy, of))).toBe(verdictOfThem);
  });
});
