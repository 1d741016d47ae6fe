#!/usr/bin/env node
"use strict";

// The command line's first steps, in plain JavaScript: packages may be missing and TypeScript cannot be read yet.

require("./install.js").run({ dev: false });

const fs = require("node:fs");
const { enableCompileCache } = require("node:module");
const os = require("node:os");
const path = require("node:path");
const { cacheHome } = require("../terminal/cacheHome.js");

// From Node 22.1 on: V8 need not compile the SDK's JavaScript anew each time.
enableCompileCache?.(path.join(cacheHome(), "node"));

// A user of a container may have no home, and no name: whoever looks for settings finds a folder that has none, and Pulumi,
// which wants to know who has the lock, a number.
if (!hasHome()) {
  process.env.HOME = cacheHome();
}
process.env.USER ||= nameOfUser();

require("../pulumi/onDemand.js");
require("./typescript.js");
require("./main.ts").run();

function hasHome() {
  try {
    return fs.statSync(os.homedir()).isDirectory();
  } catch {
    return false;
  }
}

function nameOfUser() {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid());
  }
}
