"use strict";

const World = require("../support/world");

/**
 * The world of the other tests, seen through an object of each test file's own: Stryker adds to the environment of each
 * file what may be added to an object only once.
 */
module.exports = class {
  constructor(...args) {
    return Object.create(new World(...args));
  }
};
