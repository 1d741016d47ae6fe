"use strict";

// Plans the stack `bench` of the folder given, as `footprint plan --json` does, and says what it took.

const path = require("node:path");
require("../../infra/cli/typescript.js");
const { buildPlan } = require("../../infra/plan/build.ts");
const { stackConfigFromFile } = require("../../infra/config/stackFile.ts");

buildPlan("bench", stackConfigFromFile(path.join(process.argv[2], "Pulumi.bench.yaml"))).then((plan) => {
  JSON.stringify(plan, null, 2);
  const resources = plan.resources.filter((each) => !each.component).length;
  process.stdout.write(JSON.stringify({ resources, kilobytes: process.resourceUsage().maxRSS }));
});
