"use strict";

require("../../infra/cli/typescript.js");
require("./bench.ts").run(process.argv.slice(2));
