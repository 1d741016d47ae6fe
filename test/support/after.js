"use strict";

const fs = require("node:fs");

module.exports = () => {
  fs.rmSync(process.env.FOOTPRINT_RECORDINGS, { recursive: true, force: true });
};
