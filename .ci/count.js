"use strict";

// Prints "PASSED FAILED SKIPPED" for a file of jest results and the outcome of jest's process.

const fs = require("node:fs");

const [file, outcome] = process.argv.slice(2);

function count() {
  if (!fs.existsSync(file)) {
    return [0, 1, 0];
  }
  const results = JSON.parse(fs.readFileSync(file, "utf8"));
  // A suite that cannot even be loaded has no tests that could fail.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const lost = outcome === "failed" && failed === 0 ? 1 : 0;
  return [results.numPassedTests, failed + lost, results.numPendingTests + results.numTodoTests];
}

console.log(count().join(" "));
