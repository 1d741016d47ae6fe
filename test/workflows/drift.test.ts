import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "../support/tree";

/** Stands for `gh`: knows the issues of a file, and writes down how it was called. */
const GH = `#!${process.execPath}
const fs = require("node:fs");
const args = process.argv.slice(2);
if (args[1] === "list") {
  process.stdout.write(process.env.FAKE_ISSUES);
} else {
  fs.appendFileSync(process.env.FAKE_CALLS, JSON.stringify({ args, body: fs.readFileSync(0, "utf8") }) + "\\n");
}
`;

/** Stands for the CLI: ends as it is told, and writes down how it was called. */
const PULUMI = `#!${process.execPath}
require("node:fs").writeFileSync(process.env.FAKE_REFRESH, JSON.stringify(process.argv.slice(2)));
process.stdout.write(process.env.FAKE_DIFF);
process.exit(Number(process.env.FAKE_STATUS));
`;

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-drift-"));
  fs.writeFileSync(path.join(folder, "gh"), GH, { mode: 0o755 });
  fs.writeFileSync(path.join(folder, "pulumi"), PULUMI, { mode: 0o755 });
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

const OTHERS = [
  { number: 3, title: "Drift: global" },
  { number: 4, title: "Is Drift: europe real?" },
];

function drift(refreshStatus: number, issues: readonly unknown[], diff = "~ aws:ec2/vpc:Vpc: (update)\n") {
  const calls = path.join(folder, "calls");
  fs.rmSync(calls, { force: true });
  const { status, stderr } = spawnSync(
    process.execPath,
    [path.join(repository, ".github/scripts/drift.js"), "europe"],
    {
      encoding: "utf8",
      env: {
        PATH: folder,
        FAKE_CALLS: calls,
        FAKE_DIFF: diff,
        FAKE_ISSUES: JSON.stringify(issues),
        FAKE_REFRESH: path.join(folder, "refresh"),
        FAKE_STATUS: String(refreshStatus),
        GITHUB_SERVER_URL: "https://github.example.org",
        GITHUB_REPOSITORY: "org/repo",
        GITHUB_RUN_ID: "42",
      },
    },
  );
  const lines = fs.existsSync(calls) ? fs.readFileSync(calls, "utf8").trim().split("\n") : [];
  return { status, stderr, calls: lines.map((line) => JSON.parse(line) as { args: string[]; body: string }) };
}

describe("drift detection", () => {
  test("changes neither the state nor what is deployed", () => {
    drift(0, []);

    expect(JSON.parse(fs.readFileSync(path.join(folder, "refresh"), "utf8"))).toEqual([
      ...["refresh", "--stack", "europe", "--preview-only", "--expect-no-changes", "--diff", "--color", "never"],
    ]);
  });

  test("opens an issue that says what differs", () => {
    const { status, stderr, calls } = drift(7, OTHERS);

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(calls.map(({ args }) => args)).toEqual([
      ["issue", "create", "--title", "Drift: europe", "--body-file", "-"],
    ]);
    expect(calls[0]!.body).toContain("```text\n~ aws:ec2/vpc:Vpc: (update)\n```");
    expect(calls[0]!.body).toContain("https://github.example.org/org/repo/actions/runs/42");
  });

  test("brings the open issue of the stack up to date instead of opening another", () => {
    const { status, calls } = drift(7, [...OTHERS, { number: 5, title: "Drift: europe" }]);

    expect(status).toBe(0);
    expect(calls.map(({ args }) => args)).toEqual([["issue", "edit", "5", "--body-file", "-"]]);
  });

  test("closes the issue when nothing differs any more", () => {
    const { status, calls } = drift(0, [...OTHERS, { number: 5, title: "Drift: europe" }]);

    expect(status).toBe(0);
    expect(calls.map(({ args }) => args)).toEqual([
      [
        ...["issue", "close", "5", "--comment"],
        "Nothing differs any more: https://github.example.org/org/repo/actions/runs/42",
      ],
    ]);
  });

  test("touches no issue when nothing differs and none is open", () => {
    expect(drift(0, OTHERS)).toEqual({ status: 0, stderr: "", calls: [] });
  });

  test("fails, and touches no issue, when the comparison fails", () => {
    expect(drift(6, [{ number: 5, title: "Drift: europe" }])).toEqual({
      status: 1,
      stderr: 'pulumi refresh of "europe" failed (exit code 6): see above\n',
      calls: [],
    });
  });

  test("keeps within the length of an issue, and within its block of code", () => {
    const { calls } = drift(7, [], `a\n\`\`\`\n</details>${"x".repeat(100_000)}`);
    const { body } = calls[0]!;

    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain("````text\na\n```\n</details>xxx");
    expect(body).toContain("xxx\n... (40016 characters more)\n````\n");
  });
});
