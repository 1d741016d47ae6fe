"use strict";

/**
 * The rooms of infra/, from the command line down to the configuration. An import may go down this list, never up.
 * `infra/terminal` is the ground below all of them, and `components/` below that list stands alone.
 */
const rooms = [
  ["cli", "^infra/cli/"],
  ["commands", "^infra/commands/"],
  ["lab", "^infra/lab/"],
  ["check", "^infra/check/"],
  ["sandbox", "^infra/sandbox/"],
  ["plan", "^infra/plan/"],
  ["packages", "^infra/packages/"],
  ["edge", "^infra/edge/"],
  ["operate", "^infra/operate/"],
  ["page", "^infra/page/"],
  ["pulumi", "^infra/pulumi/"],
  ["program", "^infra/[^/]+$"],
  ["config", "^infra/config/"],
  ["terminal", "^infra/terminal/"],
];

const upwards = rooms.slice(1).map(([room, path], index) => ({
  name: `up-from-${room}`,
  severity: "error",
  comment:
    "Imports go down the list of rooms in .dependency-cruiser.cjs, never up: move what both need to the lower room.",
  from: { path },
  to: { path: rooms.slice(0, index + 1).map(([, above]) => above) },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...upwards,
    {
      name: "infra-from-components",
      severity: "error",
      comment: "Nothing flows back: components never import infra.",
      from: { path: "^components/" },
      to: { path: "^(infra|test)/" },
    },
    {
      name: "tests-from-product",
      severity: "error",
      comment: "What is deployed or run never imports a test.",
      from: { path: "^infra/" },
      to: { path: "^test/" },
    },
    {
      name: "ground-imports-nothing",
      severity: "error",
      comment: "infra/terminal is what every room stands on: it knows neither components nor configuration.",
      from: { path: "^infra/terminal/" },
      to: { path: "^components/" },
    },
    {
      name: "circle",
      severity: "error",
      comment:
        "Files that import each other in a circle cannot be read one after the other: give what they share a file.",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    // An import of a type is an arrow of the layout as well.
    tsPreCompilationDeps: true,
  },
};
