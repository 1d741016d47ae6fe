import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

// Stryker's runner for Jest loads, for every mutant, all test files that reach the mutated one, and runs them all. This one
// hands it one file after the other, those that are quick first, and only such as have a test that reaches the mutant, until
// one has failed: a fraction of the time.

const { strykerPlugins: inner } = await import(
  pathToFileURL(join(process.env.FOOTPRINT_STRYKER, "node_modules/@stryker-mutator/jest-runner/dist/src/index.js"))
);

/** Below the folder of the run: of one process for all, also for those that Stryker starts later. */
const KNOWN = "test/mutants/known.json";

class FileByFile {
  constructor(jest) {
    this.jest = jest;
  }

  init() {
    return this.jest.init();
  }

  capabilities() {
    return this.jest.capabilities();
  }

  async dryRun(options) {
    delete process.env.FOOTPRINT_MUTANT_TESTS;
    const result = await this.jest.dryRun(options);
    const files = {};
    for (const { fileName, id, timeSpentMs } of result.tests ?? []) {
      files[fileName] ??= { file: fileName, took: 0, ids: [] };
      files[fileName].took += timeSpentMs;
      files[fileName].ids.push(id);
    }
    writeFileSync(KNOWN, JSON.stringify(Object.values(files).sort((a, b) => a.took - b.took)));
    return result;
  }

  async mutantRun(options) {
    this.known ??= JSON.parse(readFileSync(KNOWN, "utf8"));
    const wanted = options.testFilter && new Set(options.testFilter);
    let result;
    let nrOfTests = 0;
    for (const { file, ids } of this.known) {
      const testFilter = wanted && ids.filter((id) => wanted.has(id));
      if (testFilter?.length !== 0) {
        process.env.FOOTPRINT_MUTANT_TESTS = file;
        result = await this.jest.mutantRun({ ...options, testFilter });
        nrOfTests += result.nrOfTests ?? 0;
        if (result.status !== "survived") {
          return result;
        }
      }
    }
    return { ...result, nrOfTests };
  }
}

function factory(injector) {
  return new FileByFile(inner[0].factory(injector));
}
factory.inject = ["$injector"];

export const strykerPlugins = [{ kind: "TestRunner", name: "fileByFile", factory }];
