"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/** What the answer depends on, and the answer. */
let known;

/**
 * Where everything that can be made again is kept. Never below the repository: Pulumi's language host walks the whole
 * program directory on every command.
 *
 * The user's cache folder (XDG Base Directory Specification: a path that is not absolute is ignored), or where that cannot
 * be written, as in a container of another user or without a home, a folder of this user's own for temporary files.
 */
function cacheHome() {
  const given = process.env.XDG_CACHE_HOME ?? "";
  const home = homeFolder();
  const key = [given, home, os.tmpdir()].join("\n");
  if (known?.key !== key) {
    const wanted = path.isAbsolute(given) ? given : path.join(home, ".cache");
    known = { key, folder: writable(path.join(wanted, "footprint")) ?? ownTemporary() };
  }
  return known.folder;
}

/** Empty for a user who has none. */
function homeFolder() {
  try {
    const home = os.homedir();
    return path.isAbsolute(home) ? home : "";
  } catch {
    return "";
  }
}

/** The folder, made if need be; undefined when nothing can be written there. */
function writable(folder) {
  if (!path.isAbsolute(folder)) {
    return undefined;
  }
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}

/** Programs are kept and run there, so it must be nobody else's: names in the common folder can be taken by anybody. */
function ownTemporary() {
  const user = process.getuid?.() ?? "user";
  const folder = path.join(os.tmpdir(), `footprint-${user}`);
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (error.code !== "EEXIST") {
      throw Object.assign(
        new Error(`${error.code}: no cache folder can be made; set XDG_CACHE_HOME to a folder that you may write to`),
        { code: error.code },
      );
    }
  }
  const { uid, mode } = fs.lstatSync(folder);
  const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
  if (!fs.lstatSync(folder).isDirectory() || !isOwn) {
    throw Object.assign(
      new Error(`EACCES: ${folder} belongs to somebody else; set XDG_CACHE_HOME to a folder of your own`),
      {
        code: "EACCES",
      },
    );
  }
  return folder;
}

module.exports = { cacheHome };
