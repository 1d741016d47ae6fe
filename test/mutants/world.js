"use strict";

const World = require("../support/world");

/**
 * The world of the other tests, in which code is told which mutant it is. The tests that are known to reach it come first,
 * and the first that fails is the last of its file. Or some tests are run and no others (`only`).
 */
module.exports = class {
  constructor(...args) {
    const world = Object.create(new World(...args));
    const context = (world.global.__stryker__ = globalThis.__stryker__);
    let failed = false;
    world.handleTestEvent = ({ name, test }, { rootDescribeBlock }) => {
      if (name === "run_start") {
        first(rootDescribeBlock, context.reaching ?? []);
      } else if (name === "test_start") {
        context.currentTestId = nameOf(test);
        test.mode = failed || context.only?.includes(context.currentTestId) === false ? "skip" : test.mode;
      } else if (name === "test_done") {
        context.currentTestId = undefined;
        failed ||= test.errors.length > 0;
      }
    };
    return world;
  }
};

/** Puts these tests, and the blocks that hold one, before their neighbours. Tells whether there is one. */
function first(block, names) {
  if (block.type === "test") {
    return names.includes(nameOf(block));
  }
  const holding = new Set(block.children.filter((child) => first(child, names)));
  block.children.sort((a, b) => Number(holding.has(b)) - Number(holding.has(a)));
  return holding.size > 0;
}

/** As Jest's results have it. */
function nameOf({ name, parent }) {
  return parent?.parent === undefined ? name : `${nameOf(parent)} ${name}`;
}
