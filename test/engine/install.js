"use strict";

// Finds, downloads or builds the Pulumi CLI that the engine tests run, and says what it does. Exit code 1 without one.

require("../../infra/cli/typescript.js");
const { resolveCli } = require("../../infra/sandbox/cli.ts");

const say = (line) => process.stderr.write(`footprint: ${line}\n`);

resolveCli(say).then((cli) => {
  if (cli === undefined) {
    say("no Pulumi CLI could be found, downloaded or built");
    process.exitCode = 1;
  } else {
    say(`Pulumi ${cli.version}, ${cli.path}`);
  }
});
