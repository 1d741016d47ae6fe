#!/usr/bin/env node
"use strict";

// The command line's first steps, in plain JavaScript: packages may be missing and TypeScript cannot be read yet.

require("./install.js").run({ dev: false });

const { enableCompileCache } = require("node:module");
const path = require("node:path");
const { cacheHome } = require("../terminal/cacheHome.js");

// From Node 22.1 on: V8 need not compile the SDK's JavaScript anew each time.
enableCompileCache?.(path.join(cacheHome(), "node"));

require("./typescript.js");
require("./main.ts").run();
