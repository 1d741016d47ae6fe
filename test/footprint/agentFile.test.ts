import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { agentFile, buildAgent } from "../../infra/agentFile";
import { repository } from "../support/tree";

const MAIN = path.join("components", "node", "agent", "main.ts");

let scratch: string;
beforeEach(() => {
  scratch = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-agent-")));
});
afterEach(() => {
  fs.rmSync(scratch, { recursive: true });
});

/** A repository with an agent of one file. */
function small(name: string, main: string): string {
  const folder = path.join(scratch, name);
  fs.mkdirSync(path.join(folder, path.dirname(MAIN)), { recursive: true });
  fs.writeFileSync(path.join(folder, MAIN), main);
  fs.writeFileSync(path.join(folder, "package-lock.json"), "{}");
  return folder;
}

/** A copy of what this repository's agent is made of, elsewhere. */
function copy(): string {
  const folder = path.join(scratch, "some", "where", "else");
  const sources = path.join("components", "node");
  fs.cpSync(path.join(repository, sources), path.join(folder, sources), { recursive: true });
  fs.copyFileSync(path.join(repository, "package-lock.json"), path.join(folder, "package-lock.json"));
  fs.symlinkSync(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  return folder;
}

function files(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => fs.statSync(path.join(folder, name)).isFile());
}

describe("the agent's file", () => {
  test("is the same for the same sources, wherever they are", () => {
    const here = Buffer.from(buildAgent(repository));
    const there = Buffer.from(buildAgent(copy()));

    expect(there.equals(here)).toBe(true);
    expect(here.includes(repository)).toBe(false);
    expect(here.includes("node_modules")).toBe(false);
  });

  test("is a program that Node takes, and holds nothing of Pulumi's", () => {
    const { path: file, sha256 } = agentFile(repository, scratch);

    expect(() => execFileSync(process.execPath, ["--check", file])).not.toThrow();
    expect(fs.readFileSync(file, "utf8")).not.toContain("pulumi");
    expect(createHash("sha256").update(fs.readFileSync(file)).digest("hex")).toBe(sha256);
  });

  test("is made once, and taken from the cache afterwards", () => {
    const folder = small("repository", "console.log(1);");
    const cache = path.join(scratch, "cache");

    const first = agentFile(folder, cache);
    const { mtimeMs } = fs.statSync(first.path);
    const second = agentFile(folder, cache);

    expect(second).toEqual(first);
    expect(fs.statSync(second.path).mtimeMs).toBe(mtimeMs);
    expect(files(cache)).toHaveLength(1);
  });

  test.each([
    ["a source", MAIN, "console.log(2);"],
    ["the locked packages", "package-lock.json", '{ "lockfileVersion": 3 }'],
  ])("is made anew when %s changes", (_, file, content) => {
    const folder = small("repository", "console.log(1);");
    const cache = path.join(scratch, "cache");
    agentFile(folder, cache);

    fs.writeFileSync(path.join(folder, file), content);
    agentFile(folder, cache);

    expect(files(cache)).toHaveLength(2);
  });

  test("is made anew when what is kept was cut off", () => {
    const folder = small("repository", "console.log(1);");
    const cache = path.join(scratch, "cache");
    const { path: file, sha256 } = agentFile(folder, cache);

    fs.truncateSync(file);

    expect(agentFile(folder, cache)).toEqual({ path: file, sha256 });
    expect(fs.readFileSync(file, "utf8")).toContain("console.log(1)");
  });

  test("rejects an agent that reaches beyond the node's own sources", () => {
    const folder = small("repository", 'import "../../../infra/secret";');
    fs.mkdirSync(path.join(folder, "infra"));
    fs.writeFileSync(path.join(folder, "infra", "secret.ts"), "console.log(3);");

    expect(() => agentFile(folder, scratch)).toThrow(
      new Error(
        "the agent must be made of components/node and packages other than Pulumi's alone, got infra/secret.ts",
      ),
    );
  });

  test("rejects an agent that is made of Pulumi", () => {
    const folder = small("repository", 'import "@pulumi/pulumi";');
    const pulumi = path.join(folder, "node_modules", "@pulumi", "pulumi");
    fs.mkdirSync(pulumi, { recursive: true });
    fs.writeFileSync(path.join(pulumi, "index.js"), "console.log(4);");

    expect(() => agentFile(folder, scratch)).toThrow(
      new Error(
        "the agent must be made of components/node and packages other than Pulumi's alone, got node_modules/@pulumi/pulumi/index.js",
      ),
    );
  });

  test("rejects sources that are no program, and keeps nothing", () => {
    const cache = path.join(scratch, "cache");

    expect(() => agentFile(small("repository", "const = ;"), cache)).toThrow(/^Build failed with 1 error:\n/);
    expect(fs.existsSync(cache)).toBe(false);
  });
});
