import { spawnSync } from "node:child_process";
import { repository } from "../support/tree";

/** What each rule of eslint.config.mjs that is ours must refuse: the file it would stand in, and a line of its message. */
const refused = [
  ["components/zone.ts", 'import { readStack } from "../infra/config/read"; readStack();', "Nothing flows back"],
  ["components/names.ts", 'import * as pulumi from "@pulumi/pulumi"; pulumi.getStack();', "never know stacks"],
  ["components/names.ts", 'import { Config } from "@pulumi/pulumi"; new Config();', "never know stacks"],
  ["infra/config/names.ts", 'import { Pop } from "../../components/pop"; export const pop = Pop;', "comes first"],
  ["infra/config/names.ts", 'import { cost } from "../plan/cost"; export const value = cost;', "comes first"],
  ["infra/footprint.ts", 'export const order = "a".localeCompare("b");', "machine's locale"],
  ["infra/footprint.ts", "export const number = ({} as unknown as { n: number }).n;", "switches the type check off"],
  ["infra/footprint.ts", "export const size = (given: number) => { const n = given || 3; return n; };", "Write `??`"],
  ["test/cli/report.test.ts", "for (const each of all()) { expect(each).toBe(1); }", "`some(...)`"],
  ["test/cli/report.test.ts", "expect(all.every((each) => each > 0)).toBe(true);", "`some(...)`"],
  ["test/cli/report.test.ts", "expect(value).not.toBe(false);", "Say what it is"],
] as const;

// ESLint reads its configuration by a native import, which jest's own world does not have.
const lintAll = `
  const { ESLint } = require("eslint");
  // None of these rules asks for types, and to find the types of the whole tree takes twenty seconds.
  const eslint = new ESLint({
    overrideConfig: { files: ["**/*.ts"], languageOptions: { parserOptions: { project: null } } },
    ruleFilter: ({ ruleId }) => ruleId.startsWith("no-restricted-"),
  });
  const cases = JSON.parse(process.argv[1]);
  Promise.all(cases.map(([filePath, code]) => eslint.lintText(code, { filePath }))).then((results) => {
    console.log(JSON.stringify(results.map(([file]) => file.messages.map(({ message }) => message).join(" | "))));
  });
`;

describe("the linter refuses", () => {
  let messages: readonly string[];

  beforeAll(() => {
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", lintAll, JSON.stringify(refused)], {
      cwd: repository,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    messages = JSON.parse(stdout) as string[];
  }, 60_000);

  test.each(refused.map(([file, code, message], index) => [file, code, message, index] as const))(
    "in %s: %s",
    (_file, _code, message, index) => {
      expect(messages[index]).toContain(message);
    },
  );
});
