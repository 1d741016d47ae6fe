"use strict";

// node .github/scripts/renew.js: puts what `footprint images` and `footprint node lock` have written on the branch `renew`,
// and opens a pull request for it. Nothing when they have written nothing. One that is open gets the newer content.

const { spawnSync } = require("node:child_process");

const BRANCH = "renew";
const TITLE = "Newer images and packages of the nodes";
const AUTHOR = ["-c", "user.name=github-actions[bot]", "-c", "user.email=github-actions[bot]@users.noreply.github.com"];
const BODY = `What Debian has published since: images (\`stacks/\`), packages (\`components/node/packages.lock.json\`).

Before it is merged: \`footprint node publish\` to the bucket of packages, when the lock is another. Merged, it replaces the nodes of
every stack, a few at a time. GitHub starts no checks for what its own token has opened: close it and open it again, or start them
by hand.
`;

const changed = run("git", ["diff", "--name-only", "--", "stacks", "components/node/packages.lock.json"]).trim();
if (changed === "") {
  console.log("nothing newer");
} else {
  run("git", ["checkout", "--quiet", "-B", BRANCH]);
  run("git", [...AUTHOR, "commit", "--quiet", "--message", TITLE, "--", ...changed.split("\n")]);
  run("gh", ["auth", "setup-git"]);
  run("git", ["push", "--quiet", "--force", "origin", BRANCH]);
  const open = run("gh", ["pr", "list", "--head", BRANCH, "--state", "open", "--json", "number"]);
  if (JSON.parse(open).length === 0) {
    run("gh", ["pr", "create", "--head", BRANCH, "--base", "main", "--title", TITLE, "--body-file", "-"], BODY);
  }
}

function run(program, args, input = "") {
  const done = spawnSync(program, args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] });
  if (done.status !== 0) {
    console.error(`${program} ${args[0]} failed (${done.error?.message ?? `exit code ${done.status}`})`);
    process.exit(1);
  }
  return done.stdout;
}
