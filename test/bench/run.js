"use strict";

require("../../infra/cli/typescript.js");
require("./main.ts")
  .run(process.argv.slice(2))
  .catch((error) => {
    process.stderr.write(`bench: ${error.stack}\n`);
    process.exitCode = 1;
  });
