import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeHealth } from "../../../../components/node/agent/nodeHealth";
import { Switches } from "../../../../components/node/agent/switches";
import { keptLog } from "./quiet";

describe("node health", () => {
  let root: string;
  let folder: string;
  let switches: Switches;
  let health: NodeHealth;
  const { log } = keptLog();
  const haproxy = { setMap: () => Promise.resolve(), deleteMap: () => Promise.resolve() };
  const started = () => new NodeHealth({ switches, log, folders: [folder] });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "footprint-health-"));
    folder = join(root, "disk");
    mkdirSync(folder);
    switches = new Switches({ haproxy, log, file: join(root, "switches.map") });
    health = started();
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const lose = () => {
    renameSync(folder, `${folder}.away`);
  };
  const find = () => {
    renameSync(`${folder}.away`, folder);
  };
  /** What is wrong after each of so many looks. */
  const looks = async (count: number): Promise<readonly (string | undefined)[]> => {
    const seen = [];
    for (let i = 0; i < count; i++) {
      await health.look();
      seen.push(health.problem);
    }
    return seen;
  };
  const problem = (): unknown =>
    expect.stringMatching(/\/disk cannot be written: Error: ENOENT: no such file or directory, open /);

  test("stands while disks take what is written, and leaves nothing on them", async () => {
    expect(await looks(4)).toEqual([undefined, undefined, undefined, undefined]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("falls at the third failure in a row, and says why", async () => {
    lose();

    expect(await looks(4)).toEqual([undefined, undefined, problem(), problem()]);
  });

  test("does not fall for failures that come and go", async () => {
    const seen = [];
    for (let i = 0; i < 4; i++) {
      lose();
      seen.push(...(await looks(2)));
      find();
      seen.push(...(await looks(1)));
    }

    expect(seen).toEqual(Array(12).fill(undefined));
  });

  test("stands again at the third success in a row", async () => {
    lose();
    await looks(3);
    find();
    const two = await looks(2);
    lose();
    const failed = await looks(1);
    find();

    expect([...two, ...failed]).toEqual([problem(), problem(), problem()]);
    expect(await looks(3)).toEqual([problem(), problem(), undefined]);
  });

  test("is what it was when the agent is started again", async () => {
    lose();
    await looks(3);
    health = started();
    find();

    expect(await looks(3)).toEqual([problem(), problem(), undefined]);
  });

  test("says why in HAProxy too", async () => {
    lose();
    await looks(3);

    expect(switches.reason("node")).toEqual(problem());
  });

  test("is the drain's while the node leaves", async () => {
    await switches.set("draining", "shutting down");
    await switches.set("node", "shutting down");
    const whole = await looks(4);
    await switches.set("node", undefined);
    lose();

    expect(whole).toEqual(Array(4).fill("shutting down"));
    expect(await looks(4)).toEqual(Array(4).fill(undefined));
  });
});
