"use strict";

// Plans the stack `bench` of the folder given, as `footprint plan --json` does, and says what it took. With a second
// argument the plan knows of no users, so that what these cost shows.

const path = require("node:path");
require("../../infra/cli/typescript.js");
const { buildPlan } = require("../../infra/plan/build.ts");
const { stackConfigFromFile } = require("../../infra/config/stackFile.ts");

const { usersOf } = require("../../infra/plan/latency/files.ts");

const [folder, alone] = process.argv.slice(2);
const users = alone === undefined ? usersOf({}) : { ...usersOf({}), places: [] };

buildPlan("bench", stackConfigFromFile(path.join(folder, "Pulumi.bench.yaml")), { users }).then((plan) => {
  JSON.stringify(plan, null, 2);
  const resources = plan.resources.filter((each) => !each.component).length;
  process.stdout.write(JSON.stringify({ resources, kilobytes: process.resourceUsage().maxRSS }));
});
