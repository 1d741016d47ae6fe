"use strict";

const { PolicyPack } = require("@pulumi/policy");

module.exports = new PolicyPack("test", {
  policies: [
    {
      name: "no-bucket",
      description: "Refuses every bucket.",
      enforcementLevel: "mandatory",
      validateResource: ({ type, name }, reportViolation) => {
        if (type === "aws:s3/bucket:Bucket") {
          reportViolation(`${name} is a bucket`);
        }
      },
    },
  ],
});
