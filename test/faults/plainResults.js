"use strict";

// An error of Pulumi's holds the resource that it is about, which is no JSON: jest would end without any result.

module.exports = (results) => {
  for (const { testResults } of results.testResults) {
    for (const test of testResults) {
      test.failureDetails = [];
    }
  }
  return results;
};
