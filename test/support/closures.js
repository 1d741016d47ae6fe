"use strict";

const refuse = () => {
  throw new Error("no test has the SDK write a function down as text");
};

/** Stands for the part of the SDK that every worker would load the TypeScript compiler for (`infra/pulumi/onDemand.js`). */
module.exports = { computeCodePaths: refuse, serializeFunction: refuse, serializeFunctionAsync: refuse };
