import { coloursFor } from "../../infra/terminal/colours";

test.each([
  ["on at a terminal", true, {}, true],
  ["off elsewhere", undefined, {}, false],
  ["off in CI, which is no terminal", undefined, { CI: "true" }, false],
  ["off at a dumb terminal", true, { TERM: "dumb" }, false],
  ["off with NO_COLOR", true, { NO_COLOR: "1" }, false],
  ["on with an empty NO_COLOR, which means nothing", true, { NO_COLOR: "" }, true],
  ["on with FORCE_COLOR", undefined, { FORCE_COLOR: "1" }, true],
  ["off with FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
  ["off with both", true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
])("colours are %s", (_when, isTTY, env, coloured) => {
  expect(coloursFor({ isTTY }, env).isColorSupported).toBe(coloured);
});
