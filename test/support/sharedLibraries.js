"use strict";

const { isBuiltin } = require("node:module");
const path = require("node:path");
const { default: Runtime } = require("jest-runtime");

/** Packages that look at their surroundings when they are loaded, or keep what they are given: anew for each file. */
const ANEW = ["picocolors", "prom-client"];

/** Loads every package of this worker, once. @type {Runtime | undefined} */
let libraries;

/**
 * Jest loads everything anew for every test file. Our own modules shall be, so that no file meets what another has left;
 * but to load Pulumi's SDK took longer than most of the files that need it. So packages are loaded once a worker, in
 * the one context that `world.js` makes.
 */
class SharedLibraries extends Runtime {
  constructor(...args) {
    libraries ??= new Runtime(...args);
    super(...args);
  }

  requireModule(from, moduleName, options, isRequireActual) {
    return isShared(from, moduleName, options)
      ? libraries.requireModule(from, moduleName)
      : super.requireModule(from, moduleName, options, isRequireActual);
  }
}

/** Jest's own requests have options; a path instead of a name is a file of ours, or inside a package. */
function isShared(from, moduleName, options) {
  return (
    options === undefined &&
    moduleName !== undefined &&
    !/^[./]/.test(moduleName) &&
    !path.isAbsolute(moduleName) &&
    !isBuiltin(moduleName) &&
    !ANEW.includes(moduleName) &&
    !from.includes(`${path.sep}node_modules${path.sep}`)
  );
}

module.exports = SharedLibraries;
