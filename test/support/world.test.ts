import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "./tree";

/** Two of these run one after the other in one worker; the second must find nothing that the first has left. */
const TEST = `
const own = require("./own");
const library = require("library");

test("finds the environment, its own modules and a timer as they were", () => {
  expect([process.env.LEFT, own.touched]).toEqual([undefined, 0]);
  process.env.LEFT = "behind";
  own.touched += 1;
  jest.useFakeTimers();
  jest.spyOn(Date, "now").mockReturnValue(7);
});

test("finds no tests but its own", () => {
  const kept = Object.getOwnPropertySymbols(globalThis).filter(({ description }) => description === "JEST_STATE_SYMBOL");
  expect(kept).toHaveLength(1);
});

test("shares its packages, which see the same classes", () => {
  expect(library.loaded).toBe(1);
  expect(library.isArray([])).toBe(true);
});

test("looks at a plain global object", () => {
  expect(Date.now()).toBe(7);
  expect(globalThis).toBe(global);
  expect(new TextEncoder().encode("a")).toBeInstanceOf(Uint8Array);
});
`;
const LIBRARY = `
globalThis.loads = (globalThis.loads ?? 0) + 1;
module.exports = { loaded: globalThis.loads, isArray: (value) => value instanceof Array };
`;

test("test files of one worker share packages, and nothing else", () => {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-world-")));
  const files = {
    "one.test.js": TEST,
    "two.test.js": TEST,
    "own.js": "exports.touched = 0;",
    "node_modules/library/index.js": LIBRARY,
    "jest.config.json": JSON.stringify({
      testEnvironment: path.join(repository, "test/support/world.js"),
      runtime: path.join(repository, "test/support/sharedLibraries.js"),
      testEnvironmentOptions: { globalsCleanup: "off" },
      cacheDirectory: path.join(folder, "cache"),
    }),
  };
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }

  const { stderr } = spawnSync(process.execPath, [path.join(repository, "node_modules/jest/bin/jest.js"), "-i"], {
    cwd: folder,
    encoding: "utf8",
  });
  fs.rmSync(folder, { recursive: true });

  expect(stderr).toContain("Tests:       8 passed, 8 total");
});
