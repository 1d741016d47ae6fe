import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { spawnSync } from "node:child_process";
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
    fs.writeFileSync(file, footprint(["plan", "--stack", "sandbox", "--json"]).stdout);

    const { status, stdout } = footprint(["plan", "--stack", "sandbox", "--diff", file]);
    fs.rmSync(folder, { recursive: true });

    expect({ status, stdout }).toEqual({ status: 0, stdout: "sandbox: nothing changes\n" });
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
