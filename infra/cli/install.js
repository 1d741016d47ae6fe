"use strict";

// The step before every command: installs the locked packages when they are missing or stale, so that a fresh clone
// needs no `npm ci`. It runs before anything is installed, hence plain JavaScript and nothing but Node. Stdout belongs
// to the command (`plan --json`), so everything here is said on stderr, npm's output included.

const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { cacheHome } = require("../terminal/cacheHome.js");

/** What the locked packages ask for. */
const oldestNode = require("../../package.json").engines.node.replace(">=", "");

class InstallError extends Error {}

/**
 * @param {string} root the directory that holds package-lock.json
 * @param {{ dev: boolean }} needed whether packages for development must be there, too: commands do without
 */
function ensureInstalled(root, { dev }) {
  if (isOlder(process.versions.node, oldestNode)) {
    throw new InstallError(`Node ${oldestNode} or later is needed, this is ${process.version}. Install a newer Node.`);
  }
  const modules = path.join(root, "node_modules");
  const marker = path.join(modules, ".footprint-lock");
  // Good for every Node: what is compiled among the locked packages uses Node-API alone.
  const wanted = `${sha256(fs.readFileSync(path.join(root, "package-lock.json")))}\n`;
  if (readIfThere(marker) === wanted) {
    return;
  }
  // Somebody else's installation, in a container perhaps, whose folder this user may not write.
  if (npmInstalledExactly(root, dev)) {
    if (dev) {
      mark(marker, wanted);
    }
    return;
  }
  const unlock = lock(root);
  try {
    // Another process may have installed while this one waited.
    if (readIfThere(marker) === wanted) {
      return;
    }
    if (!npmInstalledExactly(root, true)) {
      install(root, modules);
    }
    mark(marker, wanted);
  } finally {
    unlock();
  }
}

/** Saves the next command a look at every package. */
function mark(marker, wanted) {
  try {
    fs.writeFileSync(marker, wanted);
  } catch (error) {
    if (!READ_ONLY.includes(error.code)) {
      throw error;
    }
  }
}

const READ_ONLY = ["EACCES", "EPERM", "EROFS"];

function isOlder(version, than) {
  const [[major, minor], [thanMajor, thanMinor]] = [version, than].map((each) => each.split(".").map(Number));
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

function install(root, modules) {
  // `npm ci` empties node_modules, and through a link that would be somebody else's.
  if (fs.lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new InstallError(
      `${modules} is a link, and what it leads to does not match package-lock.json. Run \`npm ci\` there, or remove the link.`,
    );
  }
  const started = Date.now();
  say("installing the locked packages (npm ci); this happens once per lockfile and takes up to a minute...");
  // Explicit flags, since `npm run --silent` and NODE_ENV=production reach npm through the environment.
  const result = spawnSync("npm", ["ci", "--include=dev", "--include=optional", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.error?.code === "ENOENT") {
    throw new InstallError(
      "npm was not found on PATH. It comes with Node: install Node with npm and run the command again.",
    );
  }
  if (result.error || result.status !== 0) {
    const how = result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.status}`);
    throw new InstallError(
      `npm ci failed (${how}); npm's own message is above. Without the package registry: check the network, a proxy or ` +
        "`npm config get registry`, then run the command again. After a change of package.json: run `npm install` once.",
    );
  }
  say(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/**
 * Whether a plain `npm ci` or `npm install` has already put the locked packages here. npm writes its own account of
 * node_modules last, so it is complete when it is there at all.
 * @param {boolean} dev with those for development, which `npm ci --omit=dev` leaves out
 */
function npmInstalledExactly(root, dev) {
  const account = readIfThere(path.join(root, "node_modules", ".package-lock.json"));
  if (account === undefined) {
    return false;
  }
  const present = JSON.parse(account).packages;
  const { "": ourselves, ...locked } = JSON.parse(
    fs.readFileSync(path.join(root, "package-lock.json"), "utf8"),
  ).packages;
  return (
    Object.keys(present).every((name) => name in locked) &&
    Object.entries(locked).every(([name, { integrity, optional, ...rest }]) =>
      name in present
        ? present[name].integrity === integrity
        : optional === true || (!dev && (rest.dev === true || rest.devOptional === true)),
    )
  );
}

/**
 * Waits until no other process installs into this root. The lock is a file with the holder's process id, outside
 * node_modules because npm empties that. @returns {() => void} the release
 */
function lock(root) {
  fs.mkdirSync(cacheHome(), { recursive: true });
  const file = path.join(cacheHome(), `install-${sha256(fs.realpathSync(root)).slice(0, 16)}`);
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, String(process.pid));
  try {
    for (let waited = false; !linkIfFree(own, file); waited = true) {
      const holder = readIfThere(file);
      // Two waiters that bury the same dead holder within microseconds cost one `npm ci` more, no harm.
      if (holder !== undefined && !isAlive(Number(holder))) {
        fs.rmSync(file, { force: true });
        continue;
      }
      if (!waited) {
        say("waiting for another process that is installing...");
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  } finally {
    fs.rmSync(own, { force: true });
  }
  return () => fs.rmSync(file, { force: true });
}

/** A hard link appears with its content, so nobody ever reads a lock without a process id in it. */
function linkIfFree(from, to) {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") {
      return undefined;
    }
    throw error;
  }
}

function say(line) {
  process.stderr.write(`footprint: ${line}\n`);
}

/** Runs the step for this repository and ends the process with the remedy when it fails. */
function run(needed = { dev: true }) {
  try {
    // Every command keeps something there: one that cannot is told of it before anything else.
    cacheHome();
    ensureInstalled(path.resolve(__dirname, "..", ".."), needed);
  } catch (error) {
    // What the machine refuses, it says itself: a folder that cannot be written, a full disk.
    if (!(error instanceof InstallError) && error.code === undefined) {
      throw error;
    }
    say(error.message);
    process.exit(1);
  }
}

module.exports = { run };

if (require.main === module) {
  run();
}
