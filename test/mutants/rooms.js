"use strict";

/**
 * What is mutated, and which plain tests must see it: those that are about it. That a whole stack's test would see it, too, is
 * no excuse: it says that something is wrong, and not what.
 *
 * @type {Record<string, { mutate: readonly string[], tests: readonly string[], keepsPrograms?: true }>}
 */
module.exports = {
  config: {
    mutate: ["infra/config/*.ts"],
    tests: ["config/!(images)"],
  },
  plan: {
    mutate: ["infra/plan/*.ts", "!infra/plan/{harness,run,runAdvise}.ts"],
    tests: ["plan/!(edits)"],
    keepsPrograms: true,
  },
  renderers: {
    mutate: ["components/node/*.ts", "components/node/{haproxy,varnish}/*.ts"],
    tests: ["components/node/*"],
  },
  protocol: {
    mutate: ["components/node/protocol/*.ts"],
    tests: ["components/node/*", "components/node/agent/*"],
  },
};
