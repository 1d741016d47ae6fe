"use strict";

/** Says once a run what `npm test` leaves to other commands. */
module.exports = () => {
  if (process.env.npm_lifecycle_event === "test") {
    process.stderr.write(
      "not in `npm test`: the real engine (`npm run test:engine`; needs a Pulumi CLI, or Go to build one) " +
        "and the real node (`npm run test:node`; needs Debian, as root)\n",
    );
  }
};
