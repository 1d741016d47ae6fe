import console from "node:console";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { relative, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";

// Stryker's own runner starts the whole of Jest for every mutant: a second or two before the first test. This one has Jest's
// runner of test files ready, and gives it one file after the other, those that are quick first, until a test has failed.
// Before them come the tests that saw the last few mutants, alone: neighbours are mostly seen by the same ones.
// Code is loaded anew each time: what one mutant has left behind, the next does not find.

const require = createRequire(resolve("package.json"));
const { readConfig } = require("jest-config");
const { default: JestRunner } = require("jest-runner");
const { default: Runtime } = require("jest-runtime");

/** Below the folder of the run: of one process for all, also for those that Stryker starts later. */
const KNOWN = "test/mutants/known.json";
/** Stryker's numbers of what a test has come to. */
const STATUS = { passed: 0, failed: 1 };
const SKIPPED = 2;
/** How many of the tests that have seen a mutant come before all others. */
const LAST_SEERS = 30;
/** Those that take longer are not among them. */
const SLOW_MS = 250;

/** Which part of the mutants is run, and by which draw. */
const SAMPLE = Number(process.env.FOOTPRINT_SAMPLE ?? 1);
const DRAW = process.env.FOOTPRINT_SAMPLE_DRAW ?? "";
const UNWATCHED = { isInterrupted: () => false };

/** What instrumented code counts in, and asks for its mutant. `world.js` gives it to the tests. */
const context = (globalThis.__stryker__ = {});

class Runner {
  /** Ids of the tests that have seen a mutant, the last one first. */
  seers = [];

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    const { globalConfig, projectConfig } = await readConfig({ _: [], $0: "" }, resolve("test/mutants/jest.config.js"));
    this.globalConfig = { ...globalConfig, silent: true, ci: true };
    this.jest = await Runtime.createContext(projectConfig, { console, maxWorkers: 1, watchman: false });
  }

  async dryRun() {
    const matching = this.jest.hasteFS.matchFilesWithGlob(this.jest.config.testMatch, null);
    const files = [];
    const tests = [];
    const perTest = {};
    for (const file of matching) {
      context.mutantCoverage = { static: {}, perTest: {} };
      const started = performance.now();
      const results = await this.run(file);
      const took = performance.now() - started;
      tests.push(...results);
      const reached = Object.entries(context.mutantCoverage.perTest).map(([test, counts]) => [
        test,
        Object.keys(counts),
      ]);
      const slow = results.filter(({ timeSpentMs }) => timeSpentMs > SLOW_MS).map(({ id }) => id);
      files.push({ file, took, reached, slow });
      // What one test has made, the others of its file may find and judge.
      const seen = sum([context.mutantCoverage.static, ...Object.values(context.mutantCoverage.perTest)]);
      for (const { id } of results) {
        perTest[id] = seen;
      }
    }
    delete context.mutantCoverage;
    files.sort((a, b) => a.took - b.took);
    writeFileSync(KNOWN, JSON.stringify(files));
    return { status: "complete", tests, mutantCoverage: { static: {}, perTest } };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    if (!isSampled(activeMutant.id)) {
      // Stryker counts it among errors, and not for or against the tests.
      return { status: "error", errorMessage: "not in the sample" };
    }
    this.known ??= JSON.parse(readFileSync(KNOWN, "utf8"));
    const wanted = new Set(testFilter.map(fileOf));
    Object.assign(context, { activeMutant: activeMutant.id, hitLimit, hitCount: hitLimit && 0 });
    let nrOfTests = 0;
    const files = this.known.filter((known) => wanted.has(relative("", known.file)));
    for (const { file, reached, only } of [...this.lastSeers(files), ...files]) {
      context.only = only;
      context.reaching =
        only ?? reached.flatMap(([test, mutants]) => (mutants.includes(activeMutant.id) ? [test] : []));
      const results = await this.run(file);
      const failed = results.filter(({ status }) => status === STATUS.failed);
      nrOfTests += results.filter(({ status }) => status !== SKIPPED).length;
      if (context.hitCount > hitLimit) {
        return { status: "timeout", reason: `reached ${hitLimit} times` };
      }
      if (failed.length > 0) {
        const killedBy = failed.map(({ id }) => id);
        const quick = killedBy.filter((id) => !this.known.some(({ slow }) => slow.includes(id)));
        this.seers = [...new Set([...quick, ...this.seers])].slice(0, LAST_SEERS);
        return { status: "killed", killedBy, failureMessage: failed[0].failureMessage, nrOfTests };
      }
    }
    return { status: "survived", nrOfTests };
  }

  /** Those of the files that hold the tests which saw the last mutants, and the names of these. */
  lastSeers(files) {
    return [...new Set(this.seers.map(fileOf))].flatMap((name) => {
      const only = this.seers.filter((id) => fileOf(id) === name).map((id) => id.slice(`${name}: `.length));
      return files.filter(({ file }) => relative("", file) === name).map(({ file }) => ({ file, only }));
    });
  }

  async run(file) {
    const runner = new JestRunner(this.globalConfig, {});
    let outcome;
    runner.on("test-file-success", ([, result]) => (outcome = result));
    runner.on("test-file-failure", ([, error]) => (outcome = { testExecError: error, testResults: [] }));
    await runner.runTests([{ path: file, context: this.jest }], UNWATCHED, { serial: true });
    const name = relative("", file);
    // A mutant without which the file cannot be loaded has been seen.
    const unloadable = outcome.testExecError && [
      { fullName: "is loaded", status: "failed", failureMessages: [outcome.testExecError.message] },
    ];
    return (unloadable ?? outcome.testResults).map(({ fullName, status, failureMessages, duration }) => ({
      id: `${name}: ${fullName}`,
      name: fullName,
      fileName: file,
      timeSpentMs: duration ?? 0,
      status: STATUS[status] ?? SKIPPED,
      failureMessage: failureMessages.join("\n"),
    }));
  }
}

/** By chance, but in a draw each time the same. */
function isSampled(id) {
  return (
    createHash("sha256")
      .update(DRAW + id)
      .digest()
      .readUInt32BE() <
    SAMPLE * 2 ** 32
  );
}

function fileOf(id) {
  return id.slice(0, id.indexOf(": "));
}

function sum(counts) {
  const all = {};
  for (const [mutant, count] of counts.flatMap(Object.entries)) {
    all[mutant] = (all[mutant] ?? 0) + count;
  }
  return all;
}

/** Says of each mutant that lives as soon as it is known: a run that is ended early has not been for nothing. */
class Survivors {
  onMutantTested({ status, fileName, location, mutatorName, replacement }) {
    if (status === "Survived" || status === "Timeout") {
      const { line, column } = location.start;
      console.log(`${status} ${relative("", fileName)}:${line}:${column} ${mutatorName} ${replacement}`);
    }
  }
}

function makeRunner() {
  return new Runner();
}
makeRunner.inject = [];

function makeSurvivors() {
  return new Survivors();
}
makeSurvivors.inject = [];

export const strykerPlugins = [
  { kind: "TestRunner", name: "footprint", factory: makeRunner },
  { kind: "Reporter", name: "survivors", factory: makeSurvivors },
];
