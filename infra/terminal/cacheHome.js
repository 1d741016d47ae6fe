"use strict";

const os = require("node:os");
const path = require("node:path");

/**
 * Where everything that can be made again is kept. Never below the repository: Pulumi's language host walks the whole
 * program directory on every command.
 */
function cacheHome() {
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "footprint");
}

module.exports = { cacheHome };
