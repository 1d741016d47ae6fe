import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { type Patch, patchFiles, readPatch } from "./patches";
import { type JestResults, Scratch } from "./scratch";
import { type Green, isGoodEnough, isGreen, judge, type Verdict, whyUnfit } from "./verdict";

// Seeds every fault of this folder in a copy of the tree and expects the tests that it names to go red: a suite that
// stays green whatever is broken proves nothing. `npm run faults`, `npm run faults -- --only NAME`, and with `--of plain` or
// `--of node` those that either kind of test is to notice.

/** Faults that one process of jest is for, at most; those of nodes take minutes, and are to come to an end together. */
const BATCH = { plain: 20, node: 7 };

/** Milliseconds for all tests of a batch, perhaps on a busy machine. */
const longestGreenRun = 600_000;

interface Outcome {
  readonly patch: Patch;
  readonly verdict: Verdict;
}

interface Seeded extends Outcome {
  /** What it rests on, as it is printed after the name. */
  readonly why: string;
  /** Seconds that its tests took, as they are printed. */
  readonly took: string;
}

/** What came of a patch: it does not apply, or what its tests said, undefined when they came to no result. */
type Run = { readonly patch: Patch; readonly took: string } & (
  { readonly error: string } | { readonly results: JestResults | undefined }
);

async function main(): Promise<number> {
  const { only, of } = parseArgs({ options: { only: { type: "string" }, of: { type: "string" } } }).values;
  if (of !== undefined && of !== "plain" && of !== "node") {
    console.error(`--of takes plain or node, not "${of}"`);
    return 1;
  }
  const patches = patchFiles(__dirname)
    .map(readPatch)
    .filter(({ name }) => only === undefined || name.includes(only))
    .filter((patch) => of === undefined || runsNode(patch) === (of === "node"));
  if (patches.length === 0) {
    console.error(
      only === undefined ? "there is no patch in test/faults" : `no patch in test/faults matches "${only}"`,
    );
    return 1;
  }
  const started = Date.now();
  const parent = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-faults-")));
  try {
    const outcomes = await seedAll(patches, parent);
    return summarise(outcomes, started);
  } finally {
    fs.rmSync(parent, { recursive: true, force: true });
  }
}

/**
 * In a tree for each processor the tests that compute, and then in three those that run a node's programs, which wait most of
 * the time, but not for ever.
 */
async function seedAll(patches: readonly Patch[], parent: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const work = async (batches: Patch[][], scratch: Scratch): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const started = Date.now();
      for (const seeded of await seedBatch(batch, scratch)) {
        outcomes.push(seeded);
        const { patch, verdict, why, took } = seeded;
        console.log(`[${outcomes.length}/${patches.length}] ${verdict.padEnd(7)} ${patch.name} (${took})${why}`);
      }
      console.log(`${batch.length} faults from ${batch[0]?.name ?? ""} on in ${seconds(started)}`);
    }
  };
  const inTrees = async (most: number, kind: keyof typeof BATCH): Promise<void> => {
    const batches = batchesOf(
      patches.filter((patch) => runsNode(patch) === (kind === "node")),
      BATCH[kind],
    );
    const trees = Array.from({ length: Math.min(most, batches.length) }, (_, i) => new Scratch(parent, `${kind}-${i}`));
    await Promise.all(trees.map((tree) => work(batches, tree)));
  };
  await inTrees(2, "plain");
  await inTrees(3, "node");
  return outcomes;
}

function runsNode({ tests }: Patch): boolean {
  return tests.some((test) => test.startsWith("test/node/"));
}

/** Those of the same tests beside each other: what a test file loads is loaded once a process. */
function batchesOf(patches: readonly Patch[], size: number): Patch[][] {
  const sorted = [...patches].sort((a, b) => (a.tests.join() < b.tests.join() ? -1 : 1));
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) => sorted.slice(i * size, (i + 1) * size));
}

/**
 * Seeds faults one after the other in one process, and then runs all their tests without any. Where one of these is red, a
 * fault has left something behind, and red has meant nothing since: each that it is a test of gets a process of its own.
 */
async function seedBatch(batch: readonly Patch[], scratch: Scratch): Promise<Seeded[]> {
  const runs: Run[] = [];
  for (const patch of batch) {
    runs.push(await seedOne(patch, scratch));
  }
  const began = Date.now();
  const green = await withoutFault(batch, scratch);
  scratch.endJest();
  console.log(`without a fault, the tests of ${String(batch.length)}: ${seconds(began)}`);
  const seeded: Seeded[] = [];
  for (const run of runs) {
    const isDone = "error" in run || run.results !== undefined;
    const isSound = green !== undefined && isGreen(run.patch, green, scratch.absolute);
    seeded.push(isDone && isSound ? judged(run, green, scratch) : await seedAlone(run.patch, scratch));
  }
  return seeded;
}

/** In a process of its own, in which its tests first run without it. */
async function seedAlone(patch: Patch, scratch: Scratch): Promise<Seeded> {
  console.log(`${patch.name} alone: what ran before it may have left something behind`);
  const before = await withoutFault([patch], scratch);
  const seeded = judged(await seedOne(patch, scratch), before ?? { testResults: [] }, scratch);
  scratch.endJest();
  return seeded;
}

/** Runs what the patches name: whole files, and of the others the tests with the titles that are asked for. */
async function withoutFault(patches: readonly Patch[], scratch: Scratch): Promise<Green | undefined> {
  const filesOf = (some: readonly Patch[]) => [...new Set(some.flatMap(({ tests }) => tests))];
  const whole = filesOf(patches.filter(({ only }) => only === undefined));
  const parts = filesOf(patches).filter((file) => !whole.includes(file));
  const titles = patches.flatMap(({ only, tests }) => (tests.some((test) => parts.includes(test)) ? (only ?? []) : []));
  const pattern = titles.map((title) => `(?:${title})`).join("|");
  const runs = [
    ...(whole.length === 0 ? [] : [["--runTestsByPath", ...whole]]),
    ...(parts.length === 0 ? [] : [["--testNamePattern", pattern, "--runTestsByPath", ...parts]]),
  ];

  const testResults: Green["testResults"][number][] = [];
  for (const run of runs) {
    const results = await scratch.jest(["--runInBand", ...run], longestGreenRun);
    if (results === undefined) {
      return undefined;
    }
    testResults.push(...results.testResults);
  }
  return { testResults };
}

async function seedOne(patch: Patch, scratch: Scratch): Promise<Run> {
  const started = Date.now();
  try {
    scratch.apply(patch.file);
  } catch (error) {
    return { patch, took: seconds(started), error: error instanceof Error ? error.message : String(error) };
  }
  const results = await runTestsOf(patch, scratch);
  scratch.revert(patch.file);
  return { patch, took: seconds(started), results };
}

function judged(run: Run, green: Green, scratch: Scratch): Seeded {
  const { patch, took } = run;
  const unfit = "error" in run ? `does not apply: ${run.error}` : whyUnfit(patch, green, scratch.absolute);
  return unfit === undefined && "results" in run
    ? { patch, took, verdict: judge(run.results), why: firstRed(run.results) }
    : { patch, took, verdict: "unfit", why: `: ${unfit ?? ""}` };
}

// No --bail: with it jest may end before it has written its results.
function runTestsOf({ only, tests }: Patch, scratch: Scratch): Promise<JestResults | undefined> {
  const titles = only === undefined ? [] : ["--testNamePattern", only];
  return scratch.jest(["--runInBand", ...titles, "--runTestsByPath", ...tests]);
}

/** The test that has noticed, for a reader who asks whether it did so for the right reason. */
function firstRed(results: JestResults | undefined): string {
  const red = results?.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === "failed");
  return red === undefined ? "" : `: ${red.fullName}`;
}

function summarise(outcomes: readonly Outcome[], started: number): number {
  const verdicts = outcomes.map(({ verdict }) => verdict);
  const caught = verdicts.filter((verdict) => verdict === "caught").length;
  const share = ((100 * caught) / outcomes.length).toFixed(1);
  console.log(`\n${caught} of ${outcomes.length} faults caught (${share} %) in ${seconds(started)}`);
  for (const { patch, verdict } of outcomes.filter((outcome) => outcome.verdict !== "caught")) {
    console.log(`${verdict}: ${patch.name} (${patch.property}) ${patch.sentence}`);
  }
  return isGoodEnough(verdicts) ? 0 : 1;
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
