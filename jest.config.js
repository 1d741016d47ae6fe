"use strict";

const os = require("node:os");
const path = require("node:path");
const { cacheHome } = require("./infra/terminal/cacheHome.js");

// A zone with an odd offset and its own daylight saving: code that reads local time goes red here.
process.env.TZ = "Australia/Lord_Howe";

/** @type {import("jest").Config} */
const common = {
  testEnvironment: "node",
  // Jest 30 warns about every global that Pulumi leaves behind, unless it is told not to look.
  testEnvironmentOptions: { globalsCleanup: "off" },
  transform: { "\\.ts$": "ts-jest" },
  setupFiles: ["<rootDir>/test/support/setup.ts"],
  cacheDirectory: path.join(cacheHome(), "jest"),
};

/** @type {import("jest").Config} */
module.exports = {
  projects: [
    {
      ...common,
      displayName: "plain",
      roots: ["<rootDir>/test"],
      testPathIgnorePatterns: ["<rootDir>/test/(engine|node)/"],
      globalSetup: "<rootDir>/test/support/elsewhere.js",
    },
    // These need more than Node and take minutes, so they have commands of their own.
    { ...common, displayName: "engine", roots: ["<rootDir>/test/engine"] },
    { ...common, displayName: "node", roots: ["<rootDir>/test/node"] },
  ],
  // No test waits for a clock; this only ends what hangs, on slow machines too.
  testTimeout: 600_000,
  // Jest's own choice would leave one of two cores idle.
  maxWorkers: Math.max(2, os.availableParallelism() - 1),
  // Every test file loads the AWS SDK anew and V8 gives little of it back.
  workerIdleMemoryLimit: "1GB",
};
