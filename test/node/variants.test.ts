import { VARIANTS_LIMIT } from "../../components/node/limits";
import { VARNISH_FOLDER } from "../../components/node/processes";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import type { Answer } from "./origin/client";
import { Rig } from "./origin/rig";
import { reply } from "./origin/scripted";
import { until } from "./origin/until";

/** Requests at once. */
const AT_ONCE = 20;

/**
 * A client may make as many variants of a URL as it likes, where its origin lets one of the client's fields decide (RFC
 * 9110, section 12.5.5); Varnish counts them, when it purges and in its statistics.
 */
describeWith([DEBIAN], "the variants of a URL", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(() => rig.stop());

  async function ask(path: string, count: number): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (let i = 0; i < count; i += AT_ONCE) {
      answers.push(
        ...(await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => rig.get(path, { "x-like": String(i + k) })))),
      );
    }
    return answers;
  }

  test("are stored up to a bound, above which those that are asked for begin anew", async () => {
    rig.origin.on("/stored", reply("stored", { "cache-control": "max-age=600", vary: "X-Like" }));

    const answers = await ask("/stored", 3 * VARIANTS_LIMIT + 2 * AT_ONCE);
    const last = await rig.get("/stored", { "x-like": String(answers.length - 1) });
    const stored = Number((await rig.purge("PURGE", { url: "/stored" })).headers["x-footprint-count"]);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(last.headers["cache-status"]).toMatch(/; ?hit/);
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThanOrEqual(VARIANTS_LIMIT);
  });

  test("that come again and again are no new ones, and stay", async () => {
    rig.origin.on("/few", reply("few", { "cache-control": "max-age=600", vary: "X-Like" }));
    await ask("/few", AT_ONCE);
    const said = new Set<string>();
    // A round may find one that is being refreshed since the last.
    for (let i = 0; i < VARIANTS_LIMIT && rig.origin.requests("/few").length <= 2 * VARIANTS_LIMIT; i++) {
      await rig.age("/few");
      (await ask("/few", AT_ONCE)).forEach(({ headers }) =>
        said.add(/; ?(\w+)/.exec(headers["cache-status"] ?? "")?.[1] ?? ""),
      );
      await until("all refreshed", async () => (await rig.fetching()) === 0);
    }

    expect(said).toEqual(new Set(["hit"]));
    expect(rig.origin.requests("/few").length).toBeGreaterThan(2 * VARIANTS_LIMIT);
  });

  test("that are not stored are not remembered for long either when they are many", async () => {
    rig.origin.on("/no-store", reply("x", { "cache-control": "no-store", vary: "X-Like" }));
    const remembered = async (): Promise<number> => {
      const { stdout } = await rig.node.exec("varnishstat", "-n", VARNISH_FOLDER, "-1", "-f", "MAIN.n_objectcore");
      return Number(/^\S+ +(\d+) /.exec(stdout)?.[1]);
    };
    const before = await remembered();

    await ask("/no-store", 4 * VARIANTS_LIMIT);

    await until("the others forgotten", async () => (await remembered()) - before <= VARIANTS_LIMIT + AT_ONCE);
  });
});
