"use strict";

// Prints `stacks=[...]`, the stacks that a workflow works on, in the order in which they are deployed.
//   DEPLOYED  the variable FOOTPRINT_STACKS: names of stacks, separated by blanks or commas; empty: none
//   ONLY      one of them; empty: all
// A file in stacks/ is not enough to be in the list: the stack must have been initialised and have its environment. So
// a clone of this repository, where nothing is set up, deploys nothing and fails nothing.

const fs = require("node:fs");
const path = require("node:path");

const folder = path.join(__dirname, "..", "..", "stacks");
const deployed = [...new Set((process.env.DEPLOYED ?? "").split(/[\s,]+/).filter((name) => name !== ""))];
const only = (process.env.ONLY ?? "").trim();

const there = fs.readdirSync(folder).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
const missing = deployed.filter((name) => !there.includes(name));

if (missing.length > 0) {
  console.error(
    `FOOTPRINT_STACKS: must name stacks with a file stacks/Pulumi.<stack>.yaml, got "${missing.join('", "')}"; ` +
      `there are: ${there.sort().join(", ")}. A stack that is to go: \`pulumi destroy\`, then take it out of the variable, then remove its file.`,
  );
  process.exitCode = 1;
} else if (only !== "" && !deployed.includes(only)) {
  console.error(`stack: must be one of FOOTPRINT_STACKS (${deployed.join(", ")}), got ${JSON.stringify(only)}`);
  process.exitCode = 1;
} else {
  console.log(`stacks=${JSON.stringify(only === "" ? deployed : [only])}`);
}
