"use strict";

// Writes, as Markdown on standard output, what each stack in stacks/ would deploy, and what changes against a base
// commit, in its resources and for its users: both by the offline plan, which needs no account. With a folder, each
// stack's page is written there as <stack>.html. Ends with 1 when a stack cannot be planned.
//   planSummary.js --base <commit> [--pages <folder>]

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { codeBlock } = require("./markdown.js");

/** A job summary holds 1 MiB; a footprint of 30 PoPs that changes everywhere would be longer than anybody reads. */
const LONGEST_DIFF = 100_000;

const head = path.resolve(__dirname, "..", "..");

function main() {
  const { revision, pages } = options();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-base-"));
  try {
    const base = checkOut(revision, path.join(scratch, "tree"));
    fs.mkdirSync(pages ?? scratch, { recursive: true });
    const before = base === undefined ? [] : stacksOf(base);
    const now = stacksOf(head);
    const sections = [...new Set([...before, ...now])]
      .sort()
      .map((stack) =>
        now.includes(stack)
          ? planned(stack, before.includes(stack) ? base : undefined, base !== undefined, scratch, pages)
          : gone(stack, base),
      );
    const notes = base === undefined ? ["The base commit is not there, so nothing is compared.\n"] : [];
    const users = usersTable(sections.flatMap(({ users }) => users ?? []));
    process.stdout.write(["# Plans\n", ...notes, ...users, ...sections.map(({ text }) => text)].join("\n"));
    process.exitCode = sections.some(({ failed }) => failed) ? 1 : 0;
  } finally {
    git(["worktree", "remove", "--force", path.join(scratch, "tree")]);
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

function options() {
  const [flag, revision, option, pages, ...others] = process.argv.slice(2);
  const known = flag === "--base" && (option === undefined || option === "--pages") && others.length === 0;
  if (!known || revision === undefined || revision.startsWith("-") || (option !== undefined && pages === undefined)) {
    console.error("usage: planSummary.js --base <commit> [--pages <folder>]");
    process.exit(2);
  }
  return { revision, pages };
}

/** The base as a tree beside this one; undefined where the commit is not known (a new branch, a rewritten one). */
function checkOut(revision, folder) {
  const commit = git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`]);
  if (commit.status !== 0 || git(["worktree", "add", "--detach", folder, commit.stdout.trim()]).status !== 0) {
    return undefined;
  }
  // The same packages need not be installed twice; others are installed by the first plan of the base.
  if (read(folder, "package-lock.json") === read(head, "package-lock.json")) {
    plan(head, ["--help"]);
    fs.symlinkSync(path.join(head, "node_modules"), path.join(folder, "node_modules"));
  }
  return folder;
}

function planned(stack, base, compared, scratch, pages) {
  const now = plan(head, [
    ...["--stack", stack, "--json"],
    ...(pages === undefined ? [] : ["--html", path.join(pages, `${stack}.html`)]),
  ]);
  if (now.status !== 0) {
    return { failed: true, text: section(stack, "cannot be planned:", now.stderr) };
  }
  const before = base === undefined ? undefined : plan(base, ["--stack", stack, "--json"]);
  const comparable = before?.status === 0;
  const users = { stack, before: comparable ? latencyOf(before) : null, now: latencyOf(now) };
  const { textOfPlan } = program("infra/plan/run.ts");
  const present = JSON.parse(now.stdout);
  const diff = comparable ? difference(textOfPlan, present, before, path.join(scratch, "before.json")) : undefined;
  if (diff !== undefined) {
    return { failed: false, users, text: section(stack, "against the base:", diff) };
  }
  const text = textOfPlan(present);
  return { failed: false, users, text: section(stack, `${title(before, comparable, compared)}:`, text) };
}

/** Undefined where the base's plans have another form. */
function difference(textOfPlan, present, before, file) {
  fs.writeFileSync(file, before.stdout);
  try {
    return textOfPlan(present, file);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
}

/** A part of the present program, which is installed as soon as it has planned. */
function program(file) {
  require(path.join(head, "infra", "pulumi", "onDemand.js"));
  require(path.join(head, "infra", "cli", "typescript.js"));
  return require(path.join(head, file));
}

/** The users' latency in a plan; null where it has none: no PoP with figures, or a base that did not count it yet. */
function latencyOf({ stdout }) {
  return JSON.parse(stdout).users?.latency ?? null;
}

/** What the changes do to users: nothing when no stack was planned. */
function usersTable(stacks) {
  const cell = (before, now) =>
    now === undefined
      ? "no figure"
      : before === undefined || before === now
        ? `${now} ms`
        : `${before} -> **${now} ms**`;
  const rows = stacks.map(({ stack, before, now }) => {
    const cells = ["median", "p95"].map((of) => cell(before?.[of].toFixed(0), now?.[of].toFixed(0)));
    return `| ${code(stack).replaceAll("|", "\\|")} | ${cells.join(" | ")} |`;
  });
  const head = ["| stack | users' median | p95 |", "| --- | --- | --- |"];
  return stacks.length === 0 ? [] : [[...head, ...rows, ""].join("\n")];
}

/** Why a whole plan is shown and no difference. */
function title(before, comparable, compared) {
  if (comparable) {
    return "cannot be compared with the base, whose plans have another form; it would deploy";
  }
  if (before !== undefined) {
    return "could not be planned in the base, and would deploy";
  }
  return compared ? "is new" : "would deploy";
}

function gone(stack, base) {
  const before = plan(base, ["--stack", stack, "--json"]);
  const size = before.status === 0 ? `${custom(JSON.parse(before.stdout))} resources` : "what it deployed";
  const text =
    `## ${code(stack)} is gone\n\nRemoving the file destroys nothing: if the stack is deployed, ${size} would stay and ` +
    "nobody could preview them. `pulumi destroy` comes first.\n";
  return { failed: false, text };
}

function custom(plan) {
  return plan.resources.filter(({ component }) => !component).length;
}

function section(stack, what, text) {
  return `## ${code(stack)} ${what}\n\n${codeBlock(text, LONGEST_DIFF)}`;
}

/** A stack's name comes from a file's name, which may hold anything. */
function code(name) {
  return `\`${name.replaceAll("`", "'").replaceAll(/\s/g, " ")}\``;
}

function stacksOf(root) {
  const folder = path.join(root, "stacks");
  return fs.existsSync(folder)
    ? fs.readdirSync(folder).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    : [];
}

/** `footprint plan` of the program in a tree. What it says besides its result is for the log. */
function plan(root, args) {
  const done = spawnSync(process.execPath, [path.join(root, "infra", "cli", "footprint.js"), "plan", ...args], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
    maxBuffer: 256 * 1024 * 1024,
  });
  process.stderr.write(done.stderr);
  return done;
}

function git(args) {
  return spawnSync("git", args, { cwd: head, encoding: "utf8" });
}

function read(root, file) {
  return fs.existsSync(path.join(root, file)) ? fs.readFileSync(path.join(root, file), "utf8") : undefined;
}

main();
