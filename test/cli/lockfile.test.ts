import * as fs from "node:fs";
import * as path from "node:path";
import { repository } from "../support/tree";

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

function readJson(name: string): unknown {
  return JSON.parse(fs.readFileSync(path.join(repository, name), "utf8"));
}

const { packages } = readJson("package-lock.json") as { readonly packages: Readonly<Record<string, Locked>> };
const own = readJson("package.json") as Locked;

/** Whether Node, looking from a package upwards, would find the other one in what is locked. */
function isLocked(name: string, from: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    if (`${at}/node_modules/${name}`.replace(/^\//, "") in packages) {
      return true;
    }
    if (at === "") {
      return false;
    }
  }
}

// A registry that lacks a package for another platform leaves it out of the lockfile without a word, and `npm ci` then
// refuses the lockfile everywhere else. Happened with unrs-resolver 1.13.0.
test("the lockfile holds every package that one of its packages asks for, those of other platforms included", () => {
  const missing = Object.entries(packages).flatMap(([from, locked]) =>
    Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
      .filter((name) => !isLocked(name, from))
      .map((name) => `${name} of ${from}`),
  );

  expect(missing).toEqual([]);
});

test("the lockfile names contents, not the registry that served them", () => {
  const others = Object.entries(packages).filter(([name]) => name !== "");

  expect(others.filter(([, locked]) => locked.integrity === undefined)).toEqual([]);
  expect(others.filter(([, locked]) => locked.resolved !== undefined)).toEqual([]);
});

test("the lockfile is that of package.json, whose versions are exact", () => {
  const { dependencies, devDependencies, optionalDependencies } = own;
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies };

  expect(packages[""]).toMatchObject({ dependencies, devDependencies, optionalDependencies });
  // DuckDB's have the release of the binding behind that of the engine.
  expect(Object.values(all).filter((version) => !/^\d+\.\d+\.\d+(?:-r\.\d+)?$/.test(version))).toEqual([]);
});

// An addon that is built for one version of Node would have to be installed anew for each. Node-API is stable across
// them (Node.js documentation, "Node-API"); its prebuilt addons need no compiler either.
test("nothing that is installed is compiled for one version of Node", () => {
  const modules = path.join(repository, "node_modules");
  const addons = fs
    .readdirSync(modules, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".node"))
    .map((file) => fs.readFileSync(path.join(modules, file), "latin1"));

  expect(addons.length).toBeGreaterThan(0);
  expect(addons.filter((addon) => !/napi_register_module_v1|napi_module_register/.test(addon))).toEqual([]);
  expect(addons.filter((addon) => addon.includes("node_module_register"))).toEqual([]);
});
