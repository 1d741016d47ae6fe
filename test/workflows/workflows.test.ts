import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CLI_VERSION } from "../../infra/pulumi/cli";
import { repository } from "../support/tree";
import { JOBS, WORKFLOWS, type Step } from "./workflows";

const STEPS: readonly (readonly [string, Step])[] = JOBS.flatMap(([job, { steps }]) =>
  steps.map((step) => [job, step] as const),
);
const uses = (action: string) => STEPS.filter(([, step]) => step.uses?.startsWith(`${action}@`) === true);
/** The step that deploys. */
const updating = (): Step =>
  STEPS.find(([job, { run }]) => job === "deploy.yml: up" && run?.includes("pulumi up"))?.[1] ?? {};
const textOf = (file: string) => WORKFLOWS[file]!.text;

/** All that a job may do with the repository; what is not here is forbidden. */
const PERMISSIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "checks.yml: tests": { contents: "read" },
  "checks.yml: plan": { contents: "read" },
  "preview.yml: stacks": { contents: "read" },
  "preview.yml: preview": { contents: "read", "id-token": "write", "pull-requests": "write" },
  "deploy.yml: stacks": { contents: "read" },
  "deploy.yml: up": { contents: "read", "id-token": "write" },
  "drift.yml: stacks": { contents: "read" },
  "drift.yml: drift": { contents: "read", "id-token": "write", issues: "write" },
  "renew.yml: renew": { contents: "write", "id-token": "write", "pull-requests": "write" },
};

/** Runs a step's script as GitHub does, with something else in Pulumi's place. */
function scriptRun(run: string, pulumi: string, STRICT: string) {
  const RUNNER_TEMP = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-runner-"));
  try {
    const env = { ...process.env, STRICT, STACK: "europe", RUNNER_TEMP };
    return spawnSync("bash", ["-e", "-c", `pulumi() { ${pulumi}; }\n${run}`], { encoding: "utf8", env });
  } finally {
    fs.rmSync(RUNNER_TEMP, { recursive: true });
  }
}

describe("the GitHub workflows", () => {
  test("are the five that the README of .github explains", () => {
    const readme = fs.readFileSync(path.join(repository, ".github", "README.md"), "utf8");

    expect(Object.keys(WORKFLOWS).sort()).toEqual([
      "checks.yml",
      "deploy.yml",
      "drift.yml",
      "preview.yml",
      "renew.yml",
    ]);
    expect(Object.keys(WORKFLOWS).filter((file) => !readme.includes(`\`${file}\``))).toEqual([]);
  });

  test("give each job the least permissions", () => {
    const given = JOBS.map(([name, { permissions }]) => {
      const inherited = WORKFLOWS[name.split(": ")[0]!]!.workflow.permissions;
      return [name, permissions ?? inherited];
    });

    expect(Object.fromEntries(given)).toEqual(PERMISSIONS);
  });

  test("pin every action by commit, the version beside it, one version of each", () => {
    const lines = Object.values(WORKFLOWS).flatMap(({ text }) => text.match(/^.*\buses:.*$/gm) ?? []);
    const pinned = lines.flatMap((line) => {
      const [, action, commit, version] = /uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/.exec(line) ?? [];
      return action === undefined ? [] : [`${action} ${commit ?? ""} ${version ?? ""}`];
    });
    const pins = new Set(pinned);

    expect(pinned).toHaveLength(lines.length);
    expect(pins.size).toBe(new Set(pinned.map((pin) => pin.split(" ")[0])).size);
    expect(pins.size).toBe(5);
  });

  test("never run a fork's code with secrets, and give checks.yml none at all", () => {
    const events = Object.values(WORKFLOWS).flatMap(({ workflow }) => Object.keys(workflow.on));

    expect(events.filter((event) => event === "pull_request_target" || event === "workflow_run")).toEqual([]);
    expect(textOf("checks.yml")).not.toMatch(/\bsecrets\b|github\.token|\bvars\b|id-token/);
    expect(WORKFLOWS["preview.yml"]!.workflow.jobs.stacks!.if).toMatch(
      /^github\.event\.pull_request\.head\.repo\.full_name == github\.repository &&/,
    );
  });

  test("hand a step's values over by its environment, never inside its script", () => {
    const scripts = STEPS.flatMap(([, { run }]) => run ?? []);

    expect(scripts.length).toBeGreaterThan(10);
    expect(scripts.filter((run) => run.includes("${{"))).toEqual([]);
  });

  test("have scripts that bash can read, and that are there", () => {
    const broken = STEPS.flatMap(([job, { run }]) => {
      if (run === undefined) {
        return [];
      }
      const { status, stderr } = spawnSync("bash", ["-n"], { input: run, encoding: "utf8" });
      const files = run.match(/(?:\.github\/scripts|\.ci|infra\/cli)\/[\w.]+/g) ?? [];
      const missing = files.filter((file) => !fs.existsSync(path.join(repository, file)));
      return status === 0 && missing.length === 0 ? [] : [`${job}: ${stderr}${missing.join(", ")}`];
    });

    expect(broken).toEqual([]);
  });

  test("check out without leaving credentials behind", () => {
    const checkouts = uses("actions/checkout");

    expect(checkouts).toHaveLength(JOBS.length);
    expect(checkouts.filter(([, step]) => step.with?.["persist-credentials"] !== false)).toEqual([]);
  });

  test("test on every Node that is supported, run with the oldest, and with the CLI that the sandbox uses", () => {
    const clis = uses("pulumi/actions").map(([, step]) => step.with?.["pulumi-version"]);
    const nodes = uses("actions/setup-node").map(
      ([, step]) => step.with?.["node-version-file"] ?? step.with?.["node-version"],
    );
    const { engines } = JSON.parse(fs.readFileSync(path.join(repository, "package.json"), "utf8")) as {
      readonly engines: { readonly node: string };
    };

    expect(clis).toEqual([CLI_VERSION, CLI_VERSION, CLI_VERSION]);
    expect(nodes).toEqual(["${{ matrix.node }}", ".nvmrc", ".nvmrc", ".nvmrc", ".nvmrc", ".nvmrc"]);
    expect(engines.node).toMatch(/^>=20\.\d+$/);
    expect(fs.readFileSync(path.join(repository, ".nvmrc"), "utf8").trim()).toBe("20");
  });

  test("end every job in time", () => {
    const endless = JOBS.filter(([, job]) => (job["timeout-minutes"] ?? 360) > 120);

    expect(endless).toEqual([]);
  });

  test("deploy one stack after the other, behind its environment, and are never cut off", () => {
    const { concurrency, jobs } = WORKFLOWS["deploy.yml"]!.workflow;
    const { environment, strategy, timeout } = { ...jobs.up!, timeout: jobs.up!["timeout-minutes"] };
    const [[, credentials] = []] = uses("aws-actions/configure-aws-credentials").filter(([job]) =>
      job.startsWith("deploy.yml"),
    );

    expect(concurrency).toEqual({ group: "deploy", "cancel-in-progress": false });
    expect(environment).toBe("${{ matrix.stack }}");
    expect(strategy).toMatchObject({ "max-parallel": 1, "fail-fast": true });
    expect(credentials?.with?.["role-duration-seconds"]).toBe(timeout! * 60);
  });

  // terraform-provider-aws, group.go: after a change of min_size it waits for exactly what the state says.
  test("deploy on a state that knows how groups have scaled, and past a PoP that fails", () => {
    const { env, run } = updating();

    expect(run).toMatch(/^pulumi up .*--refresh /m);
    expect(env).toMatchObject({ PULUMI_CONTINUE_ON_ERROR: "true" });
  });

  // Pulumi's Automation API, which the action goes by, has `up --skip-preview` in its source.
  test("deploy after a preview, in which guards and protection refuse, and held to it where that is asked for", () => {
    const automation = fs.readFileSync(require.resolve("@pulumi/pulumi/automation/stack.js"), "utf8");
    const { env, run = "" } = updating();

    expect(automation).toContain('["up", "--yes", "--skip-preview"]');
    expect(uses("pulumi/actions").flatMap(([job, step]) => (step.with?.command === "up" ? [job] : []))).toEqual([]);
    expect(run).not.toMatch(/skip-preview|ignore-protect/);
    expect(env).toMatchObject({ STRICT: "${{ vars.FOOTPRINT_STRICT }}" });
    const line = "up --stack europe --yes --refresh --diff --color never";
    expect(scriptRun(run, 'echo "$@"', "").stdout).toBe(`${line}\n`);
    expect(scriptRun(run, 'echo "$@"', "true").stdout).toBe(`${line} --strict\n`);
  });

  test("end a deployment as failed when the update has failed, whatever its log goes through", () => {
    expect(scriptRun(updating().run ?? "", "return 7", "").status).toBe(7);
  });

  test("show the end of a log in the summary, as it is", () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-summary-")), "up.log");
    const summary = () =>
      spawnSync(process.execPath, [path.join(repository, ".github/scripts/summary.js"), file], { encoding: "utf8" })
        .stdout;
    try {
      expect(summary()).toBe("Nothing was begun.\n");
      fs.writeFileSync(file, "a `line`\n```\nerror: it failed\n");
      expect(summary()).toBe("````text\na `line`\n```\nerror: it failed\n````\n");
      fs.writeFileSync(file, `${"x".repeat(600_000)}\nerror: it failed\n`);
      expect(summary()).toMatch(/^```text\n\(100018 characters before that\)\nx+\nerror: it failed\n```\n$/);
    } finally {
      fs.rmSync(path.dirname(file), { recursive: true });
    }
  });

  test("hand the token that deploys to the deployment alone (P36)", () => {
    const held = Object.keys(WORKFLOWS).map((file) => [
      file,
      [...textOf(file).matchAll(/secrets\.(PULUMI_\w*TOKEN)/g)].map(([, name]) => name),
    ]);

    expect(Object.fromEntries(held)).toEqual({
      "checks.yml": [],
      "deploy.yml": ["PULUMI_DEPLOY_TOKEN"],
      "drift.yml": ["PULUMI_PREVIEW_TOKEN"],
      "preview.yml": ["PULUMI_PREVIEW_TOKEN"],
      "renew.yml": [],
    });
  });

  test("cut off the preview of an older commit of the same pull request, and no other", () => {
    expect(WORKFLOWS["preview.yml"]!.workflow.concurrency).toEqual({
      group: "preview-${{ github.event.pull_request.number }}",
      "cancel-in-progress": true,
    });
  });

  test("keep one comment per stack up to date", () => {
    const [[, step] = []] = uses("pulumi/actions").filter(([job]) => job.startsWith("preview.yml"));

    expect(step?.with).toMatchObject({ command: "preview", "comment-on-pr": true, "edit-pr-comment": true });
  });

  test("keep the pages that the plans of a pull request wrote, and link them, even where a stack cannot be planned", () => {
    const [summary, upload, link, ...others] = WORKFLOWS["checks.yml"]!.workflow.jobs.plan!.steps.slice(2);
    const folder = /--pages "\$RUNNER_TEMP\/([a-z]+)"/.exec(summary?.run ?? "")?.[1];

    expect(others).toEqual([]);
    expect(upload).toMatchObject({ if: "${{ !cancelled() }}", with: { path: `\${{ runner.temp }}/${folder!}` } });
    expect(link).toMatchObject({ env: { URL: `\${{ steps.${upload!.id!}.outputs.artifact-url }}` } });
  });

  test("deploy for each folder that the program is made of", () => {
    const { paths } = WORKFLOWS["deploy.yml"]!.workflow.on.push as { readonly paths: readonly string[] };
    const programs = ["Pulumi.yaml", "components/**", "infra/**", "package-lock.json", "package.json", "stacks/**"];

    expect(paths).toEqual(expect.arrayContaining(programs));
    expect(paths.filter((each) => !fs.existsSync(path.join(repository, each.replace("/**", ""))))).toEqual([]);
  });
});
