import { nodeFiles } from "../../components/node/files";
import { STAGED, VARNISH, VARNISH_FOLDER } from "../../components/node/processes";
import { edgeOptions } from "../../infra/edge/settings";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { reply } from "./origin/scripted";
import { Rig } from "./origin/rig";

const STORED = { "cache-control": "max-age=600" };
const SMALL = 20;

/** What is wanted: the README's word on storages; what is there, by Varnish's own counters (varnish-counters(7), SMA). */
describeWith([DEBIAN], "storages of the cache", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });

  afterAll(async () => {
    await rig.stop();
  });

  /** Bytes that a storage has in use. */
  async function used(name: string): Promise<number> {
    const counter = `SMA.${name}.g_bytes`;
    const { stdout } = await rig.node.exec("varnishstat", "-n", VARNISH_FOLDER, "-1", "-f", counter);
    return Number(/g_bytes\s+(\d+)/.exec(stdout)?.[1]);
  }

  async function askFor(count: number, body: string): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const path = `/of/${String(body.length)}/${String(i)}`;
      rig.origin.on(path, reply(body, STORED));
      expect(await rig.get(path)).toMatchObject({ status: 200, body });
    }
  }

  test("keep what is small apart from what is large", async () => {
    await askFor(SMALL, "x".repeat(10_000));
    const withSmall = { memory: await used("memory"), large: await used("large") };
    await askFor(1, "x".repeat(2_000_000));
    const withLarge = { memory: await used("memory"), large: await used("large") };

    expect(withSmall.large).toBe(0);
    expect(withSmall.memory).toBeGreaterThan(SMALL * 10_000);
    expect(withLarge.large).toBeGreaterThan(2_000_000);
    expect(withLarge.memory - withSmall.memory).toBeLessThan(1_000_000);
  });

  test.each([false, true])(
    "are known to Varnish's check of a bundle that is not in place yet (nodes are one cache: %s)",
    async (cluster) => {
      const folder = "/run/to-be-checked";
      for (const [path, content] of Object.entries(nodeFiles({ ...edgeOptions(rig.origin.at()), cluster }))) {
        rig.node.root.write(`${folder}${path}`, content);
      }

      const { status, stderr } = await rig.node.exec(...VARNISH.check.map((word) => word.replaceAll(STAGED, folder)));

      // What it says is the compiled VCL.
      expect(status === 0 ? "" : stderr.split("\n").slice(0, 5).join("\n")).toBe("");
    },
  );
});
