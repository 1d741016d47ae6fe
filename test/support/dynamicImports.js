"use strict";

const { createHash } = require("node:crypto");
const { transformSync } = require("esbuild");

/** For packages in CommonJS that load parts of themselves by `import()`, which Jest's modules cannot: these become `require`. */
module.exports = {
  process: (source) => ({
    code: transformSync(source, { format: "cjs", platform: "node", supported: { "dynamic-import": false } }).code,
  }),
  getCacheKey: (source) => createHash("sha256").update(source).digest("hex"),
};
