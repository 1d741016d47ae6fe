import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { brokenBySoak } from "./invariants";
import { soak } from "./soak";

const ROUNDS = 2;

describeWith(
  [DEBIAN],
  "two nodes with hostile clients, hanging origins, a store that is away and changing bundles",
  () => {
    test("fail no request of the well-behaved beside them, stay healthy, and hold no more after it", async () => {
      const figures = await soak({ goesOn: (round) => round < ROUNDS });

      expect(brokenBySoak(figures)).toEqual([]);
      expect(figures.asked).toBeGreaterThan(ROUNDS * 1000);
    });
  },
);
