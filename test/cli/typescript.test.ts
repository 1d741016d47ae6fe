import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "../support/tree";

let directory: string;
let program: string;
let cache: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-typescript-"));
  program = path.join(directory, "program.ts");
  cache = path.join(directory, "cache");
});

afterEach(() => {
  fs.rmSync(directory, { recursive: true });
});

function run(source: string): { stdout: string; stderr: string } {
  fs.writeFileSync(program, source);
  return spawnSync(process.execPath, ["-r", path.join(repository, "infra/cli/typescript.js"), program], {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    encoding: "utf8",
  });
}

function kept(): string[] {
  return fs.readdirSync(path.join(cache, "footprint/transpiled"));
}

test("TypeScript runs, and a second run does not load the compiler", () => {
  const source =
    "const loaded: boolean = Object.keys(require.cache).some((file) => file.endsWith('/typescript.js') && file.includes('node_modules')); console.log(loaded);";

  expect(run(source).stdout).toBe("true\n");
  expect(run(source).stdout).toBe("false\n");
});

test("a changed file is compiled anew, and takes the place of its former self", () => {
  expect(run("const text: string = 'before'; console.log(text);").stdout).toBe("before\n");
  expect(run("const text: string = 'after'; console.log(text);").stdout).toBe("after\n");
  expect(kept()).toHaveLength(1);
});

test("an error names the line of the TypeScript file, from the cache too", () => {
  const source =
    "interface Gone {\n  readonly field: string;\n}\nconst gone: Gone = { field: '' };\nthrow new Error(gone.field);\n";

  expect(run(source).stderr).toContain("program.ts:5");
  expect(run(source).stderr).toContain("program.ts:5");
});

test("a cache that cannot be written does no harm", () => {
  fs.writeFileSync(cache, "a file where the cache's folder should be");

  expect(run("const text: string = 'works'; console.log(text);")).toMatchObject({ stdout: "works\n", stderr: "" });
});
