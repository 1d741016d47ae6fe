"use strict";

// Mutants of a room's code, by StrykerJS, and which of them its tests let live: `npm run mutants -- ROOM`. Stryker stands in a
// folder of the cache, for its 170 packages would take a fifth of each `npm ci`.

const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { cacheHome } = require("../../infra/terminal/cacheHome.js");
const rooms = require("./rooms");

const repository = path.resolve(__dirname, "../..");

function main([room, ...more]) {
  if (room === undefined || !Object.hasOwn(rooms, room)) {
    console.error(`npm run mutants -- ROOM; there are: ${Object.keys(rooms).join(", ")}`);
    return 2;
  }
  const stryker = installed();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-mutants-"));
  try {
    const config = path.join(scratch, "stryker.json");
    fs.writeFileSync(config, JSON.stringify(configOf(room, stryker, scratch)));
    const program = path.join(stryker, "node_modules/@stryker-mutator/core/bin/stryker.js");
    const env = { ...process.env, FOOTPRINT_ROOM: room };
    if (rooms[room].keepsPrograms) {
      env.FOOTPRINT_RECORDINGS ??= fs.mkdtempSync(path.join(scratch, "recordings-"));
    }
    return (
      spawnSync(process.execPath, [program, "run", config, ...more], { cwd: repository, env, stdio: "inherit" })
        .status ?? 1
    );
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** Stryker's folder, filled if need be. */
function installed() {
  const lock = path.join(__dirname, "package-lock.json");
  const hash = createHash("sha256").update(fs.readFileSync(lock)).digest("hex").slice(0, 12);
  const folder = path.join(cacheHome(), `mutants-${hash}`);
  const complete = path.join(folder, ".complete");
  if (!fs.existsSync(complete)) {
    fs.mkdirSync(folder, { recursive: true });
    for (const file of ["package.json", "package-lock.json"]) {
      fs.copyFileSync(path.join(__dirname, file), path.join(folder, file));
    }
    const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: folder,
      stdio: "inherit",
    });
    if (status !== 0) {
      throw new Error("mutants: Stryker cannot be installed");
    }
    fs.writeFileSync(complete, "");
  }
  return folder;
}

function configOf(room, stryker, scratch) {
  return {
    mutate: rooms[room].mutate,
    // Types are dropped when tests run: a mutant that the compiler would refuse is one more to be seen.
    testRunner: "footprint",
    plugins: [path.join(__dirname, "runner.mjs")],
    coverageAnalysis: "perTest",
    reporters: ["clear-text", "progress-append-only", "survivors"],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    tempDirName: path.join(scratch, "trees"),
    // It is to be left as it is, and TypeScript is no package of Stryker's folder.
    tsconfigFile: "none",
    concurrency: 1,
    // Jest keeps some of what each run has loaded.
    maxTestRunnerReuse: 150,
    // A loop without an end is seen by how often it goes round. What takes too long Stryker counts as seen, which on a machine
    // that is busy with other work says nothing: so this is more than anything takes.
    timeoutMS: 300_000,
  };
}

process.exitCode = main(process.argv.slice(2));
