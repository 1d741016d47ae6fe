import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CLI_VERSION, resolveCli, type Cli, type CliSources } from "../../infra/pulumi/cli";
import { dependencies } from "../../package.json";
import { repository } from "../support/tree";

let folder: string;
let sources: CliSources;
let said: string[];

beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-cli-")));
  said = [];
  sources = {
    path: path.join(folder, "bin"),
    cache: path.join(folder, "cache"),
    launcher: program("launcher/run.js", "console.error('no such host'); process.exit(1);"),
    module: path.join(repository, "infra", "pulumi", "go"),
  };
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

test("takes the CLI on PATH, with its language host, and says nothing", async () => {
  program("bin/pulumi", "console.log('v3.262.1');");
  program("bin/pulumi-language-nodejs", "");
  expect(await resolve()).toEqual({
    path: path.join(folder, "bin", "pulumi"),
    version: "3.262.1",
    hasLanguageHost: true,
  });
  expect(said).toEqual([]);
});

test("passes over a CLI that is too old, and the launcher that npm puts on PATH", async () => {
  program("bin/pulumi", "console.log('v3.99.0');");
  program("node_modules/.bin/pulumi", "console.log('v3.262.1');");
  sources = { ...sources, path: [path.join(folder, "node_modules", ".bin"), sources.path].join(path.delimiter) };
  expect(await resolve()).toBeUndefined();
  expect(said[0]).toBe(
    `${path.join(folder, "bin", "pulumi")} is version 3.99.0, at least 3.248.0 is needed; looking for another`,
  );
});

test("has the official launcher download the CLI, once", async () => {
  const target = path.join(folder, "cache", "versions", CLI_VERSION, "bin");
  const copy = {
    from: releasedCli(),
    to: path.join(target, "pulumi"),
    host: path.join(target, "pulumi-language-nodejs"),
  };
  program(
    "launcher/run.js",
    `const fs = require("node:fs");
    const copy = ${JSON.stringify(copy)};
    if (process.env.PULUMI_HOME !== ${JSON.stringify(sources.cache)} || process.env.PULUMI_VERSION !== "${CLI_VERSION}") process.exit(2);
    fs.cpSync(copy.from, copy.to, { recursive: true });
    fs.writeFileSync(copy.host, "");`,
  );
  const downloaded = { path: path.join(target, "pulumi"), version: CLI_VERSION, hasLanguageHost: true };
  expect(await resolve()).toEqual(downloaded);
  expect(said).toEqual([
    `no Pulumi CLI on PATH; downloading ${CLI_VERSION} by its official launcher, once`,
    expect.stringMatching(/^done in \d+ s$/),
  ]);
  said = [];
  expect(await resolve()).toEqual(downloaded);
  expect(said).toEqual([]);
});

test("builds the CLI with Go where it cannot be downloaded, once, and without a language host", async () => {
  go("1.26.8", `require("node:fs").cpSync(${JSON.stringify(releasedCli())}, argument("-o"), { recursive: true });`);
  const cli = await resolve();
  expect(cli).toEqual({ path: expect.any(String) as string, version: CLI_VERSION, hasLanguageHost: false });
  expect(cli?.path.startsWith(path.join(folder, "cache", "built"))).toBe(true);
  expect(said).toEqual([
    `no Pulumi CLI on PATH; downloading ${CLI_VERSION} by its official launcher, once`,
    "the download failed: no such host",
    `building the CLI ${CLI_VERSION} with Go 1.26.8, once; this takes some minutes`,
    expect.stringMatching(/^done in \d+ s$/),
  ]);
  said = [];
  expect(await resolve()).toEqual(cli);
  expect(said).toEqual([]);
});

test("leaves nothing of a build that fails, and says the end of what Go said", async () => {
  go("1.26.8", `require("node:fs").mkdirSync(path.dirname(argument("-o")), { recursive: true }); fail("no module");`);
  expect(await resolve()).toBeUndefined();
  expect(said.at(-1)).toBe("the build failed: no module");
  expect(fs.readdirSync(path.join(folder, "cache", "built"))).toEqual([]);
});

test("does not try to build with a Go that is too old", async () => {
  go("1.24.2", "fail('was called');");
  expect(await resolve()).toBeUndefined();
  expect(said.at(-1)).toBe("Go is version 1.24.2, at least 1.25.11 is needed to build the CLI");
});

test("without Go and without a download there is none", async () => {
  expect(await resolve()).toBeUndefined();
  expect(said.at(-1)).toBe("Go is not installed, so the CLI cannot be built either");
});

test("launcher, Go module and code name the same release", () => {
  expect(dependencies.pulumi).toBe(CLI_VERSION);
  const module = fs.readFileSync(path.join(sources.module, "go.mod"), "utf8");
  expect(module).toContain(`github.com/pulumi/pulumi/pkg/v3 v${CLI_VERSION} `);
  expect(module).toContain(`github.com/pulumi/pulumi/sdk/v3 v${CLI_VERSION} `);
});

function resolve(): Promise<Cli | undefined> {
  return resolveCli((line) => said.push(line), sources);
}

/** A program in JavaScript below the test's folder. */
function program(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `#!${process.execPath}\n${text}\n`, { mode: 0o755 });
  return file;
}

function releasedCli(): string {
  return program("released", `console.log("v${CLI_VERSION}");`);
}

/** A Go that says its version and does the given thing when it is asked to build. */
function go(version: string, build: string): void {
  program(
    "bin/go",
    `const path = require("node:path");
    const fail = (text) => { console.error(text); process.exit(1); };
    const argument = (name) => process.argv[process.argv.indexOf(name) + 1];
    if (process.argv[2] === "version") console.log("go version go${version} linux/amd64");
    else if (process.argv[2] === "build") { ${build} }
    else fail("unexpected");`,
  );
}
