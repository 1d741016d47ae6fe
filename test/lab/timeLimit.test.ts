import { timeLimit } from "../../infra/lab/timeLimit";

const LIMIT = 300;

describe("a time limit", () => {
  test("is over when nothing ends it", async () => {
    await new Promise<void>((resolve) => {
      timeLimit(LIMIT, resolve);
    });
  });

  test("does not count that this process did not get to run: what came meanwhile is in time", async () => {
    const said = await new Promise((resolve) => {
      const end = timeLimit(LIMIT, () => {
        resolve("over");
      });
      // Whatever the loop is at now, its timers come before the second of these.
      setImmediate(() =>
        setImmediate(() => {
          end();
          resolve("in time");
        }),
      );
      // Nothing of the loop runs for longer than the limit.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * LIMIT);
    });
    expect(said).toBe("in time");
  });
});
