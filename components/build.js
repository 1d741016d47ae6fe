"use strict";

// Makes what `npm pack` takes: the compiled components with their types, the lock of the nodes' packages, the nodes'
// agent as one file, and the licence. From the sources beside it, with the tools of the repository.

const { execFileSync } = require("node:child_process");
const { cpSync, mkdirSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const dist = process.argv[2] ?? join(__dirname, "dist");
const repository = join(__dirname, "..");

rmSync(dist, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [
    require.resolve("typescript/bin/tsc"),
    ...["--project", join(__dirname, "tsconfig.build.json"), "--noEmit", "false", "--declaration", "--outDir", dist],
  ],
  { stdio: "inherit" },
);
mkdirSync(join(dist, "node"), { recursive: true });
cpSync(join(__dirname, "node", "packages.lock.json"), join(dist, "node", "packages.lock.json"));
cpSync(join(repository, "LICENSE"), join(dist, "LICENSE"));

require(join(repository, "infra", "cli", "typescript.js"));
const { buildAgent } = require(join(repository, "infra", "agentFile.ts"));
writeFileSync(join(dist, "agent.js"), buildAgent(repository));
