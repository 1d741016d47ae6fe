"use strict";

// Prints "PASSED FAILED SKIPPED" for a file of jest results and the outcome of jest's process, and adds each test that failed
// to a file, which is shown at the end of it all.

const fs = require("node:fs");
const path = require("node:path");
const { stripVTControlCharacters } = require("node:util");

const [file, outcome, red] = process.argv.slice(2);

/** Lines of a message: what was expected and what came, not all of both. */
const LINES = 20;

function count() {
  if (!fs.existsSync(file)) {
    fs.appendFileSync(red, `${path.basename(file, ".json")} came to no result\n`);
    return [0, 1, 0];
  }
  const results = JSON.parse(fs.readFileSync(file, "utf8"));
  fs.appendFileSync(red, results.testResults.flatMap(failures).join(""));
  // A suite that cannot even be loaded has no tests that could fail.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const lost = outcome === "failed" && failed === 0 ? 1 : 0;
  return [results.numPassedTests, failed + lost, results.numPendingTests + results.numTodoTests];
}

function failures({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === "failed");
  const where = path.relative(process.cwd(), name);
  return assertionResults.length === 0
    ? [`${where}: ${few(message)}\n`]
    : failed.map(({ fullName, failureMessages }) => `${where}: ${fullName}\n${few(failureMessages.join("\n"))}\n`);
}

function few(message) {
  return stripVTControlCharacters(message).split("\n").slice(0, LINES).join("\n");
}

console.log(count().join(" "));
