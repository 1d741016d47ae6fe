"use strict";

const os = require("node:os");
const path = require("node:path");
const { cacheHome } = require("./infra/terminal/cacheHome.js");

// A zone with an odd offset and its own daylight saving: code that reads local time goes red here.
process.env.TZ = "Australia/Lord_Howe";

/** @type {import("jest").Config} */
const common = {
  testEnvironment: "<rootDir>/test/support/world.js",
  runtime: "<rootDir>/test/support/sharedLibraries.js",
  // Jest 30 warns about every global that Pulumi leaves behind, unless it is told not to look.
  testEnvironmentOptions: { globalsCleanup: "off" },
  transform: {
    "\\.ts$": "<rootDir>/test/support/typescript.js",
    "/otlp-exporter-base/.+\\.js$": "<rootDir>/test/support/dynamicImports.js",
  },
  transformIgnorePatterns: ["/node_modules/(?!.*/otlp-exporter-base/|@opentelemetry/otlp-exporter-base/)"],
  moduleNameMapper: { "^\\./closure/(codePaths|serializeClosure)$": "<rootDir>/test/support/closures.js" },
  setupFiles: ["<rootDir>/test/support/setup.ts"],
  // The code too: `jest --findRelatedTests` and watch mode know only what lies below a root.
  roots: ["<rootDir>/components", "<rootDir>/infra", "<rootDir>/test"],
  cacheDirectory: path.join(cacheHome(), "jest"),
};

/** @type {import("jest").Config} */
module.exports = {
  projects: [
    {
      ...common,
      displayName: "plain",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/test/(engine|node|browser|judges)/"],
      globalSetup: "<rootDir>/test/support/before.js",
      globalTeardown: "<rootDir>/test/support/after.js",
    },
    // These need more than Node and take minutes, so they have commands of their own.
    { ...common, displayName: "engine", testMatch: ["<rootDir>/test/engine/**/*.test.ts"] },
    { ...common, displayName: "node", testMatch: ["<rootDir>/test/node/**/*.test.ts"] },
    { ...common, displayName: "browser", testMatch: ["<rootDir>/test/browser/**/*.test.ts"] },
    { ...common, displayName: "judges", testMatch: ["<rootDir>/test/judges/**/*.test.ts"] },
  ],
  // No test waits for a clock; this only ends what hangs, on slow machines too.
  testTimeout: 600_000,
  // Jest's own choice would leave one of two cores idle.
  maxWorkers: Math.max(2, os.availableParallelism() - 1),
  // What programs leave behind, V8 gives back late.
  workerIdleMemoryLimit: "1GB",
};
