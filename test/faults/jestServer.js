"use strict";

// Jest as a process that stays: it runs what each message asks for, and answers when it has. What takes a
// new one longest, to load itself and the packages, is done once (`test/support/sharedLibraries.js`).

const { buildArgv, runCLI } = require("jest");

process.on("message", (args) => {
  buildArgv(args)
    .then((argv) => runCLI(argv, [process.cwd()]))
    .then(() => process.send("done"));
});

// Whoever asks has ended.
process.on("disconnect", () => process.exit());
