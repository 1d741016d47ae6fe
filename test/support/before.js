"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/** Once a run: says what `npm test` leaves to other commands, and makes the folder of `recordings.ts`. */
module.exports = () => {
  if (process.env.npm_lifecycle_event === "test") {
    process.stderr.write(
      "not in `npm test`: the real engine (`npm run test:engine`; needs a Pulumi CLI, or Go to build one) " +
        "and the real node, alone and in the lab (`npm run test:node`, `test:lab`; need Debian, as root)\n",
    );
  }
  process.env.FOOTPRINT_RECORDINGS = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-recordings-"));
};
