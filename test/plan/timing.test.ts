import fc from "fast-check";
import { TIMING } from "../../components/node/timing";
import { timing } from "../../infra/plan/timing";

const byDefault = { interval: 10, threshold: 3 } as const;

describe("timing", () => {
  it("adds interval x threshold and the records' TTL to the failover budget", () => {
    expect(timing(byDefault, TIMING).failover).toEqual({ detect: 30, dnsTtl: 60, total: 90 });
  });

  it("keeps every limit by default", () => {
    const { failover, unhealthyAfter, broken } = timing(byDefault, TIMING);
    expect(failover.total).toBeLessThanOrEqual(120);
    expect(unhealthyAfter).toBeLessThanOrEqual(30);
    expect(broken).toEqual([]);
  });

  it("adds deregistration delay and heartbeat, which come one after the other", () => {
    expect(timing(byDefault, TIMING).drain).toEqual({ deregistration: 180, heartbeat: 300, total: 480 });
  });

  it("names what is outside its limit", () => {
    const clocks = { ...TIMING, targetUnhealthyThreshold: 4, deregistrationDelay: 149 };
    expect(timing({ interval: 30, threshold: 3 }, clocks).broken).toEqual([
      "failover takes 150 s, more than 120 s",
      "a dead node is found after 40 s, more than 30 s",
      "deregistration takes 149 s, less than 150 s",
    ]);
  });

  it("finds the failover limit broken exactly when the budget is above 120 s", () => {
    fc.assert(
      fc.property(fc.constantFrom(10 as const, 30 as const), fc.integer({ min: 1, max: 10 }), (interval, threshold) => {
        const { failover, broken } = timing({ interval, threshold }, TIMING);
        expect(failover.total).toBe(interval * threshold + 60);
        expect(broken.length > 0).toBe(failover.total > 120);
      }),
    );
  });
});
