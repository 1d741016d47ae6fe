import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { repository } from "../support/tree";

function stacks(env: Readonly<Record<string, string>>) {
  const script = path.join(repository, ".github/scripts/stacks.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, ...env },
  });
  return { status, stdout, stderr };
}

describe("the stacks that a workflow works on", () => {
  test.each([
    ["none in a repository where nothing is set up", {}, []],
    ["none for an empty variable", { DEPLOYED: "", ONLY: "" }, []],
    ["those of the variable, in its order", { DEPLOYED: "global europe" }, ["global", "europe"]],
    ["each once, however they are separated", { DEPLOYED: " europe,global\neurope " }, ["europe", "global"]],
    ["the one that was asked for", { DEPLOYED: "europe global", ONLY: "global" }, ["global"]],
  ])("are %s", (_, env, expected) => {
    expect(stacks(env)).toEqual({ status: 0, stdout: `stacks=${JSON.stringify(expected)}\n`, stderr: "" });
  });

  test("rejects a stack without a file", () => {
    expect(stacks({ DEPLOYED: "europe oceania" })).toEqual({
      status: 1,
      stdout: "",
      stderr:
        'FOOTPRINT_STACKS: must name stacks with a file stacks/Pulumi.<stack>.yaml, got "oceania"; there are: europe, global, sandbox. ' +
        "A stack that is to go: `pulumi destroy`, then take it out of the variable, then remove its file.\n",
    });
  });

  test("rejects to deploy a stack that is not in the variable", () => {
    expect(stacks({ DEPLOYED: "europe global", ONLY: 'sandbox"]\nx=1' })).toEqual({
      status: 1,
      stdout: "",
      stderr: 'stack: must be one of FOOTPRINT_STACKS (europe, global), got "sandbox\\"]\\nx=1"\n',
    });
  });
});
