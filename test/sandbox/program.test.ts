import { spawnSync } from "node:child_process";
import { repository } from "../support/tree";

test("rejects a program that leaves a promise of the SDK unsettled, as the SDK does", () => {
  const program = `
const { debuggablePromise } = require("@pulumi/pulumi/runtime/debuggable");
const limit = Error.stackTraceLimit;
debuggablePromise(Promise.resolve(7), "settled").then((value) => console.log(value, Error.stackTraceLimit === limit));
debuggablePromise(new Promise(() => undefined), "left");
`;

  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["-r", "./infra/cli/typescript.js", "-r", "./infra/sandbox/program.ts", "-e", program],
    { cwd: repository, encoding: "utf8" },
  );

  expect({ status, stdout }).toEqual({ status: 1, stdout: "7 true\n" });
  expect(stderr).toContain("The Pulumi runtime detected that 1 promise was still active");
});
