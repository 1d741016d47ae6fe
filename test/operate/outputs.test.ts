import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stackOutputs } from "../../infra/operate/outputs";

const OUTPUTS = {
  storeBuckets: { "eu-west-1": "store" },
  nodeGroups: { "eu-west-1": "group" },
  secretGenerations: { originAuth: 1, purge: 2 },
  configurationKeys: ["a2V5"],
};

const environment = { ...process.env };
let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-outputs-"));
  // No CLI but that of the test is found.
  process.env.PATH = folder;
  process.env.XDG_CACHE_HOME = folder;
});
afterEach(() => {
  process.env = { ...environment };
  fs.rmSync(folder, { recursive: true });
});

function pulumi(answer: string): void {
  const script = `#!/bin/sh
case "$*" in
  version) echo v3.248.0 ;;
  "stack output --json --non-interactive --stack edge") ${answer} ;;
  *) echo "unexpected: $*" >&2; exit 255 ;;
esac
`;
  fs.writeFileSync(path.join(folder, "pulumi"), script, { mode: 0o755 });
}

const ALL = ["nodeGroups", "secretGenerations", "configurationKeys"] as const;

/** Lines for whoever waits. */
let said: string[];

function asked(file: string | undefined, patience?: number) {
  said = [];
  return stackOutputs("edge", file, ALL, { say: (line) => said.push(line) }, patience);
}

function file(content: string): string {
  const name = path.join(folder, "outputs.json");
  fs.writeFileSync(name, content);
  return name;
}

test("outputs come from the Pulumi CLI, of the user's own backend", async () => {
  pulumi(`echo '${JSON.stringify({ endpoints: [], ...OUTPUTS })}'`);
  expect(await asked(undefined)).toEqual(OUTPUTS);
  expect(said).toEqual(["asking Pulumi for the outputs of stack edge ..."]);
});

test("outputs come from a file in which they were kept, without a CLI", async () => {
  expect(await asked(file(JSON.stringify(OUTPUTS)))).toEqual(OUTPUTS);
  expect(said).toEqual([]);
});

test.each([
  ["are not there", {}],
  ["cannot be understood", { nodeGroups: 7, secretGenerations: [], configurationKeys: ["?"] }],
])("outputs that %s do not stop a command that does without them", async (_, others) => {
  const { storeBuckets } = OUTPUTS;
  const name = file(JSON.stringify({ storeBuckets, ...others }));
  expect(await stackOutputs("edge", name, [], { say: () => undefined })).toEqual({ storeBuckets });
});

describe("rejects", () => {
  const HINT = "Where Pulumi's backend is away, give outputs that were kept: --outputs FILE.";

  test("rejects to guess where there is no CLI", async () => {
    await expect(asked(undefined)).rejects.toMatchObject({
      message: `The outputs of stack edge are needed, and there is no Pulumi CLI to read them with (https://www.pulumi.com/docs/install/). ${HINT}`,
      exitCode: 1,
    });
  });

  test("rejects in the CLI's words what it cannot read", async () => {
    pulumi('echo "error: no stack named that" >&2; exit 255');
    await expect(asked(undefined)).rejects.toMatchObject({
      message: `The outputs of stack edge could not be read: error: no stack named that\n${HINT}`,
      exitCode: 1,
    });
  });

  test("rejects to wait for ever", async () => {
    pulumi("exec /bin/sleep 60");
    await expect(asked(undefined, 1)).rejects.toMatchObject({
      message: `The outputs of stack edge could not be read: Pulumi has not answered for 1 s\n${HINT}`,
      exitCode: 1,
    });
  });

  test("rejects a deployment that is older than this tool", async () => {
    pulumi(`echo '{"storeBuckets": {}}'`);
    await expect(asked(undefined)).rejects.toMatchObject({
      message:
        "stack edge: lacks nodeGroups, secretGenerations, configurationKeys; deploy it with this version first (`pulumi up`)",
      exitCode: 1,
    });
  });

  test.each([
    ["{}", "lacks storeBuckets, nodeGroups, secretGenerations, configurationKeys"],
    ["", "holds no JSON object"],
    ["[]", "holds no JSON object"],
  ])("rejects a file with %j", async (content, reason) => {
    const name = file(content);
    await expect(asked(name)).rejects.toMatchObject({
      message: `--outputs: "${name}": ${reason}; must be a file that \`pulumi stack output --json\` printed after an \`up\` with this version`,
      exitCode: 2,
    });
  });

  test("rejects a file that cannot be read", async () => {
    const name = path.join(folder, "nothing");
    await expect(asked(name)).rejects.toMatchObject({
      message: `--outputs: must be a file that \`pulumi stack output --json\` printed, got "${name}" (Error: ENOENT: no such file or directory, open '${name}')`,
      exitCode: 2,
    });
  });
});
