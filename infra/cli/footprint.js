#!/usr/bin/env node
"use strict";

// The command line's first steps, in plain JavaScript: packages may be missing and TypeScript cannot be read yet.

require("./install.js").run();

const { enableCompileCache } = require("node:module");
const path = require("node:path");
const { cacheHome } = require("./cacheHome.js");

// From Node 22.1: spares the compilation of the TypeScript compiler itself.
enableCompileCache?.(path.join(cacheHome(), "node"));

// The project is named, so that the command works from any directory and through a linked bin.
require("ts-node").register({ project: path.resolve(__dirname, "../../tsconfig.json") });

require("./main.ts").run();
