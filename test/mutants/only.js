"use strict";

/** Jest's `filter`: of the test files, the one that `fileByFile.mjs` asks for. */
module.exports = (files) => {
  const wanted = process.env.FOOTPRINT_MUTANT_TESTS;
  return { filtered: wanted === undefined ? files : files.filter((file) => file === wanted) };
};
