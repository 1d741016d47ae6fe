import * as fs from "node:fs";
import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import { lines } from "./steps";

const STACK = "one";
const POPS = { "eu-west-1": {} };

describeWith([PULUMI_CLI], "secrets on the engine (P36)", () => {
  let engine: Engine;
  const runs: Run[] = [];
  let rotated: Run;
  const values = new Set<string>();
  let shown: string;
  let files: readonly { readonly file: string; readonly text: string }[];

  beforeAll(async () => {
    engine = await Engine.open();
    runs.push(await engine.up(STACK, tiny(POPS)));
    await collect();
    engine.write(STACK, tiny(POPS, { secrets: { originAuth: 2 } }));
    runs.push(await engine.done("preview", STACK, "--diff"));
    rotated = await engine.done("up", STACK, "--diff");
    runs.push(rotated);
    await collect();
    runs.push(await engine.done("refresh", STACK, "--diff"));
    // Fails on the way, when the engine knows the values.
    engine.plan([{ method: "update", type: "aws:ssm/parameter:Parameter", effect: "fail" }]);
    engine.write(STACK, tiny(POPS, { secrets: { originAuth: 2, purge: 2 } }));
    runs.push(await engine.run("up", STACK));
    await collect();
    shown = (await engine.pulumi("stack", "export", "--stack", STACK)).stdout;
    files = engine
      .filesOf("state", "world", "project")
      .map((file) => ({ file, text: fs.readFileSync(file, "latin1") }));
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  /** The values of all secrets in the engine's state. */
  async function collect(): Promise<void> {
    const { stdout } = await engine.pulumi("stack", "export", "--show-secrets", "--stack", STACK);
    JSON.parse(stdout, (key, value: unknown) => {
      if (key === "plaintext") {
        values.add(String(JSON.parse(String(value))));
      }
      return value;
    });
  }

  function leaks(text: string): string[] {
    return [...values].filter((value) => text.includes(value));
  }

  test("there are secrets to be leaked: each generation of each secret, and its hash", () => {
    expect([...values].filter((value) => /^[A-Za-z0-9]{48}$/.test(value)).length).toBeGreaterThanOrEqual(5);
    expect(files.length).toBeGreaterThan(100);
    expect(shown).toContain("ciphertext");
  });

  test("no value stands in what the engine prints, in its events or in what the stand-in was asked", () => {
    for (const { stdout, stderr, events, calls } of runs) {
      expect(displayed(events).length).toBeGreaterThan(1000);
      expect(leaks([stdout, stderr, displayed(events), JSON.stringify(calls)].join("\n"))).toEqual([]);
    }
  });

  test("no value stands in the state, its history and backups, the project or the world", () => {
    expect(files.filter(({ text }) => leaks(text).length > 0).map(({ file }) => file)).toEqual([]);
    expect(leaks(shown)).toEqual([]);
  });

  test("rotating a secret changes its parameters and what names their versions, and no node", () => {
    expect(lines(rotated.steps)).toEqual([
      "create RandomPassword footprint-secrets-origin-auth-3",
      "update BucketObjectv2 eu-west-1-store-pointer content",
      "update Parameter eu-west-1-secret-origin-auth-current value",
      "update Parameter eu-west-1-secret-origin-auth-next value",
      "update Parameter eu-west-1-store-serial value",
    ]);
  });
});

/** Without what is shown under `--debug` only: there the SDK itself spells out every answer of the engine. */
function displayed(events: string): string {
  return events
    .split("\n")
    .filter((line) => !line.includes(`"severity":"debug"`))
    .join("\n");
}
