import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { copyTree, repository } from "../support/tree";

const SMALL = `config:
  aws:region: us-east-1
  footprint:zones: { example.com: { id: Z0123456789ABCDEFGHIJ } }
  footprint:sites: { cdn.example.com: { origin: https://origin.example.org } }
  footprint:image: { eu-west-1: ami-0123456789abcdef0, us-east-1: ami-0123456789abcdef0 }
  footprint:packages: { bucket: my-edge-packages }
  footprint:pops: { eu-west-1: {}, us-east-1: {} }
`;
const DRAINED = SMALL.replace("eu-west-1: {}", "eu-west-1: { state: drained }");
const MALFORMED = SMALL.replace("origin: https", "orgin: https");

let scratch: string;
let clone: string;
let pages: string;
beforeAll(() => {
  scratch = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-summary-")));
  clone = path.join(scratch, "clone");
  pages = path.join(scratch, "pages");
  copyTree(clone);
  fs.symlinkSync(path.join(repository, "node_modules"), path.join(clone, "node_modules"));
  git("init", "--quiet");
  // The pattern of .gitignore is for a folder, and here it is a link.
  fs.appendFileSync(path.join(clone, ".git/info/exclude"), "node_modules\n");
  commit({ edited: SMALL, mended: MALFORMED, kept: SMALL, gone: SMALL });
});
afterAll(() => {
  fs.rmSync(scratch, { recursive: true });
});

function git(...args: readonly string[]): string {
  const who = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"];
  return execFileSync("git", [...who, ...args], { cwd: clone, encoding: "utf8" });
}

/** Commits a tree with exactly these stacks. */
function commit(stacks: Readonly<Record<string, string>>): void {
  const folder = path.join(clone, "stacks");
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
    fs.rmSync(path.join(folder, file));
  }
  for (const [stack, text] of Object.entries(stacks)) {
    fs.writeFileSync(path.join(folder, `Pulumi.${stack}.yaml`), text);
  }
  git("add", "--all");
  git("commit", "--quiet", "--message", "stacks");
}

function summary(base: string) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [path.join(clone, ".github/scripts/planSummary.js"), "--base", base, "--pages", pages],
    { encoding: "utf8", env: { ...process.env, TMPDIR: scratch } },
  );
  const [title, ...sections] = stdout.split(/^## /m);
  const byStack = sections.map((text) => [/`(\w+)`/.exec(text)?.[1] ?? "", text] as const);
  return { status, title, sections: Object.fromEntries(byStack) };
}

describe("the summary of plans", () => {
  let first: ReturnType<typeof summary>;
  beforeAll(() => {
    commit({ edited: DRAINED, mended: SMALL, kept: SMALL, new: SMALL, broken: MALFORMED });
    first = summary("HEAD^1");
  });

  test("has a part for each stack of either side", () => {
    expect(Object.keys(first.sections).sort()).toEqual(["broken", "edited", "gone", "kept", "mended", "new"]);
  });

  test("says what an edit would change, PoP by PoP", () => {
    expect(first.sections.edited).toMatch(
      /^`edited` against the base:\n\n```text\nedited: 0 to add, \d+ to change, 0 to replace, \d+ to remove\n\neu-west-1\n/,
    );
  });

  test("says that nothing changes", () => {
    expect(first.sections.kept).toBe("`kept` against the base:\n\n```text\nkept: nothing changes\n```\n\n");
  });

  test("shows what a new stack would deploy", () => {
    expect(first.sections.new).toMatch(/^`new` is new:\n\n```text\nnew: 2 PoPs, 1 site, \d+ resources\n/);
  });

  test("warns that removing a stack's file destroys nothing", () => {
    expect(first.sections.gone).toMatch(/^`gone` is gone\n\nRemoving the file destroys nothing: .* \d{3} resources/);
  });

  test("says what is wrong with a malformed stack, and fails", () => {
    expect(first.sections.broken).toMatch(
      /^`broken` cannot be planned:\n\n```text\n[^]*\["cdn\.example\.com"\]\.origin: must be set\n/,
    );
    expect(first.status).toBe(1);
  });

  test("says what the changes do to users' round trips, where there is something to say", () => {
    const [, table] = first.title!.split("\n\n");
    const drained = /^\| `edited` \| (\d+) -> \*\*(\d+) ms\*\* \| (\d+) ms \|$/m.exec(table!) ?? [];
    const [median, medianThen, p95] = drained.slice(1).map(Number);

    // A PoP that is drained makes nobody's round trip shorter; the farthest 5 % are not its users here.
    expect(medianThen).toBeGreaterThan(median!);
    expect(table!.replace(/^\| `edited` .*\n/m, "")).toBe(
      [
        "| stack | users' median | p95 |",
        "| --- | --- | --- |",
        ...["kept", "mended", "new"].map((stack) => `| \`${stack}\` | ${median!} ms | ${p95!} ms |`),
      ].join("\n"),
    );
  });

  test("writes a page of each stack that can be planned", () => {
    expect(fs.readdirSync(pages).sort()).toEqual(["edited.html", "kept.html", "mended.html", "new.html"]);
    expect(fs.readFileSync(path.join(pages, "new.html"), "utf8")).toContain("<title>new: users and PoPs</title>");
  });

  test("is not held up by a stack that was malformed in the base", () => {
    expect(first.sections.mended).toMatch(
      /^`mended` could not be planned in the base, and would deploy:\n\n```text\nmended: 2 PoPs/,
    );
  });

  test("leaves no tree of the base behind", () => {
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
    expect(fs.readdirSync(scratch)).toEqual(["clone", "pages"]);
  });

  test("plans without comparing where the base is not there, as in a new branch", () => {
    commit({ kept: SMALL });

    const { status, title, sections } = summary("0".repeat(40));

    expect(status).toBe(0);
    expect(title).toMatch(
      /^# Plans\n\nThe base commit is not there, so nothing is compared\.\n\n\| stack .*\n.*\n\| `kept` \| \d+ ms \| \d+ ms \|\n\n$/,
    );
    expect(sections.kept).toMatch(/^`kept` would deploy:\n\n```text\nkept: 2 PoPs/);
  });

  test("shows the whole plan where the base's plans have another form", () => {
    const program = path.join(clone, "infra/cli/footprint.js");
    const present = fs.readFileSync(program, "utf8");
    fs.writeFileSync(program, `console.log('{ "stack": "kept" }');\n`);
    commit({ kept: SMALL });
    fs.writeFileSync(program, present);
    commit({ kept: SMALL });

    const { status, sections } = summary("HEAD^1");

    expect(status).toBe(0);
    expect(sections.kept).toMatch(
      /^`kept` cannot be compared with the base, whose plans have another form; it would deploy:\n\n```text\nkept: 2 PoPs/,
    );
  });
});
