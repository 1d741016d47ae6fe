import * as path from "node:path";
import { handedOver, stackAlone, stackOf } from "../../infra/sandbox/cliArguments";
import { UserError } from "../../infra/terminal/userError";

test.each([
  [["preview"], "sandbox", "sandbox"],
  [["up", "--stack", "europe"], "europe", "europe"],
  [["up", "--stack=europe"], "europe", "europe"],
  [["up", "-s", "europe"], "europe", "europe"],
  [["up", "-s=europe"], "europe", "europe"],
  [["up", "-seurope"], "europe", "europe"],
  [["stack", "-s", "organization/footprint/europe"], "organization/footprint/europe", "europe"],
])("%j is about the stack %s of the file %s", (args, name, file) => {
  expect(stackOf(args, "sandbox")).toEqual({ name, file });
});

test.each([
  [["stack", "export", "--file", "state.json"], 3],
  [["import", "-f", "resources.json"], 2],
  [["preview", "--import-file", "resources.json"], 2],
  [["up", "--save-plan", "plan.json"], 2],
])("%j names its file as seen from here", (args, at) => {
  const whole = args.map((arg, index) => (index === at ? path.resolve(arg) : arg));

  expect(handedOver(args)).toEqual(whole);
});

test("what only looks like a file stays as it is", () => {
  const args = ["destroy", "-f", "--message", "state.json"];

  expect(handedOver(args)).toEqual(args);
});

test.each([[["config"]], [["config", "get", "aws:region"]], [["stack", "ls"]], [["--stack", "config", "up"]]])(
  "%j is handed over as it is",
  (args) => {
    expect(handedOver(args)).toEqual(args);
  },
);

test.each([
  [
    ["config", "set", "aws:region", "eu-west-1"],
    "sandbox config set: must be done without the sandbox: the sandbox reads stacks/Pulumi.<stack>.yaml before each command: edit that file",
  ],
  [
    ["--stack", "europe", "config", "rm", "aws:region"],
    "sandbox config rm: must be done without the sandbox: the sandbox reads stacks/Pulumi.<stack>.yaml before each command: edit that file",
  ],
  [
    ["stack", "select", "europe"],
    "sandbox stack select: must be done without the sandbox: the stack of each command is --stack, and without it `sandbox`",
  ],
  [
    ["login"],
    "sandbox login: must be done without the sandbox: the sandbox has a backend of its own, in the cache folder",
  ],
])("rejects %j, which would do something else than it says", (args, message) => {
  expect(() => handedOver(args)).toThrow(new UserError(message));
});

describe("the stack alone", () => {
  test.each([
    [[], "sandbox"],
    [["--stack", "europe"], "europe"],
    [["--stack=europe"], "europe"],
    [["-s", "europe"], "europe"],
    [["-seurope"], "europe"],
  ])("of %j is %s", (args, stack) => {
    expect(stackAlone(args, "sandbox")).toBe(stack);
  });

  test.each([
    [["up"], "up"],
    [["--stack", "europe", "up", "--yes"], "up --yes"],
  ])("rejects %j", (args, others) => {
    expect(() => stackAlone(args, "sandbox")).toThrow(
      new UserError(
        `sandbox --with aws-plugin: must stand alone or with --stack, got "${others}": moto forgets all when it ends, ` +
          "so it goes from the first `up` to `destroy` in one",
      ),
    );
  });
});
