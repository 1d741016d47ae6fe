"use strict";

/**
 * What is mutated, and which plain tests must see it: those that are about it. That a whole stack's test would see it, too, is
 * no excuse: it says that something is wrong, and not what.
 *
 * @type {Record<string, { mutate: readonly string[], tests: readonly string[] }>}
 */
module.exports = {
  figures: {
    mutate: ["infra/plan/{cost,quotas}.ts"],
    tests: ["plan/{cost,quotas}"],
  },
  capacity: {
    mutate: ["infra/plan/capacity.ts"],
    tests: ["plan/capacity"],
  },
  config: {
    mutate: ["infra/config/*.ts"],
    tests: ["config/*"],
  },
  protocol: {
    mutate: ["components/node/protocol/*.ts"],
    tests: ["components/node/*", "components/node/agent/*"],
  },
};
