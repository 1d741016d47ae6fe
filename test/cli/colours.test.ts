import { coloursFor } from "../../infra/cli/colours";

function stream(isTTY: boolean): NodeJS.WriteStream {
  return { isTTY } as NodeJS.WriteStream;
}

test.each([
  ["on at a terminal", true, {}, true],
  ["off elsewhere", false, {}, false],
  ["off at a dumb terminal", true, { TERM: "dumb" }, false],
  ["off with NO_COLOR", true, { NO_COLOR: "1" }, false],
  ["on with an empty NO_COLOR, which means nothing", true, { NO_COLOR: "" }, true],
  ["on with FORCE_COLOR", false, { FORCE_COLOR: "1" }, true],
  ["off with FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
  ["off with both", true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
])("colours are %s", (_when, isTTY, env, coloured) => {
  expect(coloursFor(stream(isTTY), env).isColorSupported).toBe(coloured);
});
