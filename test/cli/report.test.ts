import { CommanderError } from "commander";
import { reportOf } from "../../infra/cli/report";
import { ConfigError } from "../../infra/config/problems";
import { UserError } from "../../infra/terminal/userError";
import { version } from "../../package.json";

beforeEach(() => {
  process.env.NO_COLOR = "1";
});

const problem = { path: "pops.us-east-1.cidr", rule: "cidr", message: 'must be a /16 to /24, got "10.0.0.0/8"' };

test("a configuration error names the stack file and gives one line per problem, no stack trace", () => {
  const other = { path: "supernet", rule: "supernet", message: "must be private" };

  expect(reportOf(new ConfigError([problem, other]), "europe")).toEqual({
    text:
      "stacks/Pulumi.europe.yaml: 2 problems\n" +
      'pops.us-east-1.cidr: must be a /16 to /24, got "10.0.0.0/8"\nsupernet: must be private\n',
    exitCode: 2,
  });
});

test("a single problem is counted in the singular, and without a stack no file is invented", () => {
  expect(reportOf(new ConfigError([problem])).text).toMatch(/^the configuration: 1 problem\n/);
});

test("a user's error is its message and its own exit code", () => {
  const error = new UserError("no credentials: run aws sso login");

  expect(reportOf(error)).toEqual({
    text: "error: no credentials: run aws sso login\n",
    exitCode: error.exitCode,
  });
});

test("a mistake on the command line adds nothing to what commander has said", () => {
  expect(reportOf(new CommanderError(1, "commander.unknownCommand", ""))).toEqual({ text: "", exitCode: 2 });
  expect(reportOf(new CommanderError(0, "commander.helpDisplayed", ""))).toEqual({ text: "", exitCode: 0 });
});

test("anything else is a bug: stack trace, version and how to report it", () => {
  const { text, exitCode } = reportOf(new Error("no block for slot 64"));

  expect(exitCode).toBe(1);
  expect(text).toMatch(/^This is a bug in Footprint/);
  expect(text).toMatch(/Error: no block for slot 64\n {4}at /);
  expect(text).toContain(`Please report it with these lines, the command and the stack file (footprint ${version}, `);
});

test("what is thrown without being an Error is told too", () => {
  expect(reportOf("just text").text).toContain("\njust text\n");
});
