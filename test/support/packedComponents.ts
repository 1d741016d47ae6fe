import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { copyTree, repository } from "./tree";

/** An empty TypeScript project that has installed `components/` as `npm pack` makes it of a clean clone. */
export class ProjectWithComponents {
  readonly folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-package-")));
  /** The unpacked package. */
  readonly package = path.join(this.folder, "node_modules", "@footprint", "components");
  readonly tarball: string;

  constructor() {
    this.tarball = pack(this.folder);
    fs.mkdirSync(this.package, { recursive: true });
    execFileSync("tar", ["-xzf", this.tarball, "-C", this.package, "--strip-components=1"]);
    this.write("package.json", { name: "edge", private: true, dependencies: { "@footprint/components": "*" } });
    this.write("tsconfig.json", {
      compilerOptions: { target: "es2022", module: "commonjs", strict: true, noEmit: true, skipLibCheck: true },
    });
    // What npm would download for it: these packages, in the versions that the repository locks.
    for (const name of [...Object.keys(this.ranges()), "@types/node"]) {
      const link = path.join(this.folder, "node_modules", name);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.symlinkSync(path.join(repository, "node_modules", name), link);
    }
  }

  write(file: string, content: string | object): void {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    fs.writeFileSync(path.join(this.folder, file), text);
  }

  /** What the compiler says against the programs in it: nothing. */
  compile(): string {
    const tsc = path.join(repository, "node_modules", "typescript", "bin", "tsc");
    try {
      return execFileSync(process.execPath, [tsc, "--project", this.folder], { encoding: "utf8" });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true });
  }

  /** By name the range that the package asks for. */
  ranges(): Readonly<Record<string, string>> {
    const { dependencies, peerDependencies } = JSON.parse(
      fs.readFileSync(path.join(this.package, "package.json"), "utf8"),
    ) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
    return { ...dependencies, ...peerDependencies };
  }
}

/** @returns the tarball */
function pack(folder: string): string {
  const clone = path.join(folder, "clone");
  copyTree(clone);
  fs.symlinkSync(path.join(repository, "node_modules"), path.join(clone, "node_modules"));
  // The repository installs without scripts, and npm tells what it runs so; what makes the package is a script.
  execFileSync("npm", ["pack", "--ignore-scripts=false", "--pack-destination", folder], {
    cwd: path.join(clone, "components"),
    // Of npm and its build, only what it throws.
    stdio: ["ignore", "pipe", "pipe"],
  });
  fs.rmSync(clone, { recursive: true });
  const name = fs.readdirSync(folder).find((file) => file.endsWith(".tgz"));
  if (name === undefined) {
    throw new Error("npm pack has made nothing");
  }
  return path.join(folder, name);
}
