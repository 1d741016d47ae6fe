import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "../support/tree";

let folder: string;

beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-cache-home-")));
  fs.chmodSync(folder, 0o1777);
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

const own = (): string => path.join(folder, `footprint-${String(process.getuid?.())}`);

/** What a process with that environment, started in `folder`, takes for the cache folder. */
function cacheHome(environment: NodeJS.ProcessEnv): { readonly stdout: string; readonly stderr: string } {
  const script = path.join(repository, "infra/terminal/cacheHome.js");
  const { stdout, stderr } = spawnSync(process.execPath, ["-p", `require(${JSON.stringify(script)}).cacheHome()`], {
    env: { TMPDIR: folder, ...environment },
    cwd: folder,
    encoding: "utf8",
  });
  return { stdout: stdout.trim(), stderr };
}

test("is below XDG_CACHE_HOME", () => {
  expect(cacheHome({ XDG_CACHE_HOME: path.join(folder, "cache"), HOME: folder }).stdout).toBe(
    path.join(folder, "cache/footprint"),
  );
});

// "All paths set in these environment variables must be absolute. If an implementation encounters a relative path [...]
// it should consider the path invalid and ignore it." (XDG Base Directory Specification)
test("is in the home folder when XDG_CACHE_HOME is not set, empty or not absolute", () => {
  for (const given of [{}, { XDG_CACHE_HOME: "" }, { XDG_CACHE_HOME: "cache" }]) {
    expect(cacheHome({ ...given, HOME: folder }).stdout).toBe(path.join(folder, ".cache/footprint"));
  }
  expect(fs.readdirSync(folder)).toEqual([".cache"]);
});

test("is a folder of this user alone where nothing else can be written", () => {
  expect(cacheHome({ HOME: "/dev/null" }).stdout).toBe(own());
  expect(cacheHome({ HOME: "", XDG_CACHE_HOME: "/dev/null/cache" }).stdout).toBe(own());
  expect(fs.statSync(own()).mode & 0o777).toBe(0o700);
});

test("rejects one that others can write to, and says what to do", () => {
  fs.mkdirSync(own());
  fs.chmodSync(own(), 0o777);

  expect(cacheHome({ HOME: "/dev/null" }).stderr).toContain(
    `EACCES: ${own()} belongs to somebody else; set XDG_CACHE_HOME to a folder of your own`,
  );
});
