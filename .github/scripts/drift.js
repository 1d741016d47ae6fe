"use strict";

// Compares what is deployed with a stack's state, and keeps one issue per stack that says what differs: opens it, brings
// it up to date, and closes it when nothing differs any more. Changes neither the state nor what is deployed.
// Needs `pulumi` with access to the state, `gh` with GH_TOKEN, and the stack as its argument.

const { spawnSync } = require("node:child_process");
const { codeBlock } = require("./markdown.js");

/** The CLI's exit code when --expect-no-changes found some. */
const CHANGED = 7;

/** GitHub takes 65,536 characters for an issue. */
const LONGEST_REPORT = 60_000;

const [stack] = process.argv.slice(2);
const title = `Drift: ${stack}`;

const refresh = spawnSync(
  "pulumi",
  ["refresh", "--stack", stack, "--preview-only", "--expect-no-changes", "--diff", "--color", "never"],
  { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 256 * 1024 * 1024 },
);
process.stdout.write(refresh.stdout ?? "");

if (refresh.status === CHANGED) {
  report(refresh.stdout);
} else if (refresh.status === 0) {
  close();
} else {
  fail(`pulumi refresh of "${stack}" failed (${refresh.error?.message ?? `exit code ${refresh.status}`}): see above`);
}

function report(differences) {
  const body = [
    `What is deployed of the stack \`${stack}\` is not what its state says (\`pulumi refresh --preview-only\`):`,
    codeBlock(differences, LONGEST_REPORT),
    `To undo what was changed by hand: \`pulumi up --refresh -s ${stack}\`. To keep it: change the program or the stack ` +
      `file, then \`pulumi refresh -s ${stack}\`.`,
    `Found by ${runUrl()}, which keeps this text up to date and closes the issue when nothing differs any more.`,
  ].join("\n\n");
  const known = openIssue();
  if (known === undefined) {
    gh(["issue", "create", "--title", title, "--body-file", "-"], body);
  } else {
    gh(["issue", "edit", String(known), "--body-file", "-"], body);
  }
}

function close() {
  const known = openIssue();
  if (known !== undefined) {
    gh(["issue", "close", String(known), "--comment", `Nothing differs any more: ${runUrl()}`]);
  }
}

/** Number of the stack's open issue, if there is one. */
function openIssue() {
  // The search of GitHub knows words, not whole titles.
  const found = gh(["issue", "list", "--state", "open", "--limit", "1000", "--json", "number,title"]);
  return JSON.parse(found).find((issue) => issue.title === title)?.number;
}

function runUrl() {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = process.env;
  return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
}

function gh(args, input = "") {
  const done = spawnSync("gh", args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] });
  if (done.status !== 0) {
    fail(`gh ${args.slice(0, 2).join(" ")} failed (${done.error?.message ?? `exit code ${done.status}`})`);
  }
  return done.stdout;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
