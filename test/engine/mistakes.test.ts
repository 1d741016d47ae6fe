import * as fs from "node:fs";
import * as path from "node:path";
import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";

const STACK = "one";

/** Mistakes of several kinds. */
const MISTAKEN = {
  ...tiny({ "eu-west-1": { cidr: "10.0.0.0/8" }, "eu-nowhere-1": {} }),
  sits: {},
};

describeWith([PULUMI_CLI], "a stack file with mistakes, as a user of the CLI sees it (P10)", () => {
  let engine: Engine;
  let mistaken: readonly Run[];

  beforeAll(async () => {
    engine = await Engine.open();
    engine.write(STACK, MISTAKEN);
    mistaken = [await engine.run("preview", STACK), await engine.run("up", STACK)];
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  test.each(["preview", "up"])("%s ends with exit code 1", (command) => {
    expect(mistaken[command === "preview" ? 0 : 1]?.status).toBe(1);
  });

  test("rejects each mistake once, all in one run", () => {
    for (const { stdout, stderr } of mistaken) {
      expect(stderr).toBe("");
      expect(diagnostics(stdout)).toEqual([
        "pulumi:pulumi:Stack (footprint-one):",
        'error: footprint: unknown key "sits", did you mean "sites"? allowed: ...',
        'image: unknown region "eu-nowhere-1"; known: ...',
        'pops: unknown region "eu-nowhere-1"; known: ...',
        'pops.eu-west-1.cidr: must be a /16 to /24, got "10.0.0.0/8"',
        'pops.eu-west-1.cidr: must lie within the supernet 10.64.0.0/14, got "10.0.0.0/8"',
      ]);
    }
  });

  test("rejects without a stack trace", () => {
    for (const { stdout, stderr } of mistaken) {
      expect(`${stdout}${stderr}`).not.toMatch(/^\s+at .*[:(]\d+|node_modules|\.ts\b/m);
    }
  });

  test("nothing has been asked of the stand-in, and nothing is in the state", () => {
    expect(mistaken.map(({ calls }) => calls)).toEqual([[], []]);
  });

  test("the CLI has written no log of its own", () => {
    expect(fs.statSync(path.join(engine.folder, "home", "logs")).isFile()).toBe(true);
  });
});

/** The closing section of the CLI's display, a line each; what is allowed is a long list. */
function diagnostics(stdout: string): string[] {
  const section = /^Diagnostics:\n(.*)^Resources:$/ms.exec(stdout)?.[1] ?? "";
  return section
    .split("\n")
    .map((line) => line.trim().replace(/(known|allowed): .*/, "$1: ..."))
    .filter((line) => line !== "");
}
