"use strict";

// Pulumi's SDK writes functions of a program down as text, for resource providers that are part of it. What does that loads the
// TypeScript compiler and npm's reader of packages, which take as long as the rest of the SDK. This program has no such
// provider, so they are loaded when somebody calls them.

const Module = require("node:module");

const CALLED = {
  "@pulumi/pulumi/runtime/closure/codePaths": ["computeCodePaths"],
  "@pulumi/pulumi/runtime/closure/serializeClosure": ["serializeFunction", "serializeFunctionAsync"],
};

for (const [name, functions] of Object.entries(CALLED)) {
  const file = require.resolve(name);
  const placeholder = new Module(file);
  for (const each of functions) {
    placeholder.exports[each] = (...args) => {
      if (require.cache[file] === placeholder) {
        delete require.cache[file];
      }
      return require(file)[each](...args);
    };
  }
  placeholder.loaded = true;
  require.cache[file] = placeholder;
}
