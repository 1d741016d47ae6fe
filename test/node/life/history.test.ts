import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { History } from "./history";

/** A longer history, or another one, is a variable away. */
const PURGES = Number(process.env.FOOTPRINT_HISTORY_PURGES ?? 30);
const SEED = Number(process.env.FOOTPRINT_HISTORY_SEED ?? 20261128);

describeWith([DEBIAN], `a history of ${String(PURGES)} purges with seed ${String(SEED)}`, () => {
  let history: History;

  beforeAll(async () => {
    history = await History.start(SEED);
  });

  afterAll(async () => {
    await history.stop();
  });

  test("no client gets what `purge --wait` had promised to be gone before it asked, whatever fails meanwhile", async () => {
    await history.run(PURGES);

    if (history.violations.length > 0) {
      throw new Error(`older content than was promised:\n${history.events.slice(-200).join("\n")}`);
    }
    // A history in which nothing happens proves nothing.
    expect(history.promises).toBeGreaterThan(PURGES / 10);
    expect(history.reads).toBeGreaterThan(PURGES);
    expect(history.hits).toBeGreaterThan(0);
    expect(await history.atRest()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});
