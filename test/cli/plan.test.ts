import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { spawnSync } from "node:child_process";
import type { Advice } from "../../infra/plan/advise";
import type { Plan } from "../../infra/plan/model";
import { textOfPlan } from "../../infra/plan/run";
import { footprint } from "../support/cli";
import { copyTree, repository } from "../support/tree";

const MALFORMED = `config:
  aws:region: us-east-1
  footprint:zones: { example.com: { id: Z0123456789ABCDEFGHIJ } }
  footprint:sites: { cdn.example.com: { orgin: https://origin.example.org } }
  footprint:image: { eu-west-1: ami-0123456789abcdef0 }
  footprint:packages: { bucket: my-edge-packages }
  footprint:pops: { eu-west-1: { nodes: { min: 9, max: 3 } } }
`;

describe("footprint plan", () => {
  test("prints the plan of a stack, without credentials, network or anything at home", () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-home-"));
    const { status, stdout, stderr } = footprint(["plan", "--stack", "sandbox"], {
      AWS_PROFILE: "nobody",
      HOME: home,
    });
    fs.rmSync(home, { recursive: true });

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^sandbox: 3 PoPs, 1 site, \d+ resources\n/);
  });

  test("compares with a former plan", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-diff-"));
    const file = path.join(folder, "before.json");
    const json = footprint(["plan", "--stack", "sandbox", "--json"]).stdout;
    fs.writeFileSync(file, json);

    const { status, stdout } = footprint(["plan", "--stack", "sandbox", "--diff", file]);
    const again = textOfPlan(JSON.parse(json) as Plan, file);
    fs.rmSync(folder, { recursive: true });

    expect({ status, stdout }).toEqual({ status: 0, stdout: "sandbox: nothing changes\n" });
    expect(again).toBe(stdout);
  });

  test("rejects the plan of another stack, with exit code 2", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-diff-"));
    const file = path.join(folder, "before.json");
    fs.writeFileSync(
      file,
      JSON.stringify({ stack: "europe", routing: { hosts: {}, popNames: {} }, pops: {}, resources: [] }),
    );

    const { status, stdout, stderr } = footprint(["plan", "--stack", "sandbox", "--diff", file]);
    fs.rmSync(folder, { recursive: true });

    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: `error: --diff: must be a former plan of the stack "sandbox", got one of "europe" ("${file}")\n`,
    });
  });

  test("rejects a former plan that is none, with exit code 2", () => {
    const file = path.join(repository, "package.json");

    const { status, stdout, stderr } = footprint(["plan", "--stack", "sandbox", "--diff", file]);

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(
      `error: --diff: must be a file that \`footprint plan --json\` printed, got "${file}" (it holds no plan)\n`,
    );
  });

  test("rejects a stack that there is not, naming the ones that there are, with exit code 2", () => {
    const { status, stdout, stderr } = footprint(["plan", "--stack", "gobal"]);

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(
      'error: --stack: must name a file stacks/Pulumi.<stack>.yaml, got "gobal", did you mean "global"?; there are: europe, global, sandbox\n',
    );
  });
});

describe("footprint plan --html", () => {
  test("writes the page beside the plan, over what was there", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-html-"));
    const file = path.join(folder, "page.html");
    fs.writeFileSync(file, "former");

    const { status, stdout, stderr } = footprint(["plan", "--stack", "sandbox", "--html", file]);
    const page = fs.readFileSync(file, "utf8");
    fs.rmSync(folder, { recursive: true });

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^sandbox: 3 PoPs, /);
    expect(page).toMatch(/^<!doctype html>\n[^]*<title>sandbox: users and PoPs<\/title>[^]*<\/html>\n$/);
  });

  test("rejects a file that cannot be written, with exit code 2", () => {
    const { status, stdout, stderr } = footprint(["plan", "--stack", "sandbox", "--html", "/no/such/folder/page.html"]);

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(
      "error: --html: must be a file that can be written, got \"/no/such/folder/page.html\" (ENOENT: no such file or directory, open '/no/such/folder/page.html')\n",
    );
  });
});

describe("footprint advise", () => {
  test("says what to add and what to leave out, by one's own figures and weights", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-advise-"));
    const latency = path.join(folder, "latency.yaml");
    const weights = path.join(folder, "weights.yaml");
    fs.writeFileSync(latency, "{ source: ours, places: [{ name: Lagos, country: NG, ms: { af-south-1: 7 } }] }");
    fs.writeFileSync(weights, "{ source: logs, users: { Lagos: 1 } }");

    const { status, stdout, stderr } = footprint([
      ...["advise", "--stack", "sandbox", "--json", "--latency", latency, "--weights", weights],
      ...["--goal", "10", "--places", "NG", "--origin", "eu-west-1"],
    ]);
    fs.rmSync(folder, { recursive: true });

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { add, goal, users } = JSON.parse(stdout) as Advice;
    expect(add[0]).toMatchObject({ region: "af-south-1", share: 1, latency: { median: 7, p95: 7, mean: 7 } });
    expect(goal).toMatchObject({ goal: 10, asked: 1, add: ["af-south-1"], exact: true, unreachable: [] });
    expect(users).toMatchObject({
      figures: expect.stringMatching(/^ours, else /) as string,
      weights: "logs",
      origin: { region: "eu-west-1" },
    });
  });

  test("rejects a file with mistakes, all of them, no stack trace and exit code 2", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-advise-"));
    const file = path.join(folder, "weights.yaml");
    fs.writeFileSync(file, "{ source: logs, users: { Lagoss: 1, Brazil: 2, Oslo: 3 } }");

    const { status, stdout, stderr } = footprint(["advise", "--stack", "sandbox", "--weights", file]);
    fs.rmSync(folder, { recursive: true });

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(
      `error: --weights ${file}: users.Lagoss: must be a city of the latency table or the ISO 3166 code of a country, did you mean "Lagos"?\n` +
        "  users.Brazil: must be a city of the latency table or the ISO 3166 code of a country\n",
    );
  });
});

describe("a malformed stack file", () => {
  let clone: string;
  beforeAll(() => {
    clone = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-malformed-")));
    copyTree(clone);
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(clone, "node_modules"));
    fs.writeFileSync(path.join(clone, "stacks/Pulumi.malformed.yaml"), MALFORMED);
  });
  afterAll(() => {
    fs.rmSync(clone, { recursive: true });
  });

  test("rejects it with all its mistakes, no stack trace and exit code 2 (P10)", () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(clone, "infra/cli/footprint.js"), "plan", "--stack", "malformed"],
      { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
    );

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatchSnapshot();
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
