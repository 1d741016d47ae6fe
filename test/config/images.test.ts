import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  chmodSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { registerImages, updateImages } from "../../infra/commands/images";
import { placeholders } from "../../infra/config/complete";
import { loadConfig } from "../../infra/config/load";
import { stackConfigFromFile } from "../../infra/config/stackFile";
import { UserError } from "../../infra/terminal/userError";
import { AwsServer, type AwsAnswer, type AwsRequest } from "./awsServer";
import { some } from "../support/some";

const stacks = join(__dirname, "..", "..", "stacks");

/** An image id that tells its region. */
function imageOf(region: string): string {
  return `ami-${Buffer.from(region).toString("hex").padEnd(17, "0").slice(-17)}`;
}

function found(request: AwsRequest): AwsAnswer {
  return {
    type: "application/x-amz-json-1.1",
    body: JSON.stringify({ Parameter: { Value: imageOf(request.region) } }),
  };
}

function missing(): AwsAnswer {
  const body = JSON.stringify({ __type: "ParameterNotFound", message: "no such parameter" });
  return { status: 400, type: "application/x-amz-json-1.1", body };
}

let folder: string;
let file: string;
let answer: (request: AwsRequest) => AwsAnswer;
let server: AwsServer;
const lines: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "footprint-images-"));
  file = join(folder, "Pulumi.global.yaml");
  copyFileSync(join(stacks, "Pulumi.global.yaml"), file);
  answer = found;
  lines.length = 0;
  server = new AwsServer((request) => answer(request));
  await server.start();
});

afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const update = (release = "20260901-2345") => updateImages(file, release, (line) => lines.push(line));

test("asks each PoP's region for the release's arm64 image", async () => {
  await update();
  const regions = loadConfig("global", stackConfigFromFile(file)).pops.map((pop) => pop.region);
  expect(server.requests.map((request) => request.region).sort()).toEqual(regions);
  expect(new Set(server.requests.map((request) => `${request.target ?? ""} ${request.body}`))).toEqual(
    new Set(['AmazonSSM.GetParameter {"Name":"/aws/service/debian/release/13/20260901-2345/arm64"}']),
  );
  expect(lines).toHaveLength(regions.length);
});

test("writes the ids and changes nothing else: comments, order and spacing stay", async () => {
  const before = readFileSync(file, "utf8");
  chmodSync(file, 0o640);
  const changes = await update();
  const after = readFileSync(file, "utf8");
  expect(after.replace(/ami-[0-9a-f]{17}/g, "ami-00000000000000000")).toBe(before);
  expect(after).toContain(`    eu-west-1: ${imageOf("eu-west-1")}\n`);
  expect(changes).toContain(`eu-west-1: ${imageOf("eu-west-1")} instead of "ami-00000000000000000"`);
  expect(placeholders(loadConfig("global", stackConfigFromFile(file))).map((each) => each.path)).toEqual([
    "packages.bucket",
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder)).toEqual(["Pulumi.global.yaml"]);
});

test("says what is as before", async () => {
  await update();
  expect(some(await update()).every((line) => line.endsWith(" as before"))).toBe(true);
});

test("adds the image of a new PoP behind the others", async () => {
  const before = readFileSync(file, "utf8");
  writeFileSync(file, before.replace("    eu-west-1: ami-00000000000000000\n", ""));
  expect(await update()).toContain(`eu-west-1: ${imageOf("eu-west-1")} added`);
  const after = readFileSync(file, "utf8");
  expect(after).toContain(`    us-west-2: ${imageOf("us-west-2")}\n    eu-west-1: ${imageOf("eu-west-1")}\n\n`);
  expect(after).toContain("# An older network of the company");
});

test("writes images into a file that has none, or has them in one line", async () => {
  for (const image of ["", "  footprint:image: { us-east-1: ami-00000000000000000 } # one line\n"]) {
    writeFileSync(file, `config:\n${image}  # kept\n  footprint:pops:\n    us-east-1: {} # here\n    eu-west-1: {}\n`);
    await update();
    expect(JSON.parse(stackConfigFromFile(file)["footprint:image"] ?? "")).toEqual({
      "eu-west-1": imageOf("eu-west-1"),
      "us-east-1": imageOf("us-east-1"),
    });
    expect(readFileSync(file, "utf8")).toContain("# kept");
    expect(readFileSync(file, "utf8")).toContain("# here");
  }
});

const TWO_POPS = "  footprint:pops:\n    us-east-1: {}\n    eu-west-1: {}\n";
const ID = "ami-00000000000000000";

test.each([
  ["in one line", `  footprint:image: { us-east-1: ${ID}, eu-west-1: ${ID} }   # two\n${TWO_POPS}`],
  ["without a namespace", `  image:\n      us-east-1:   ${ID}\n      eu-west-1: "${ID}"\n${TWO_POPS}`],
  ["behind an alias", `  footprint:image: *images\n${TWO_POPS}`],
  ["merged", `  footprint:image:\n    <<: *images\n    eu-west-1: ${ID}\n  pops: { us-east-1: {}, <<: *more }\n`],
])("changes ids and nothing else where they stand %s", async (_, config) => {
  const before = `x:\n  - &images { us-east-1: ${ID}, eu-west-1: ${ID} }\n  - &more { eu-west-1: {} }\nconfig:\n${config}`;
  writeFileSync(file, before);
  await update();

  const after = readFileSync(file, "utf8");
  const [was, is] = [before, after].map((text) => text.split("\n"));
  const changed = is!.filter((line) => !was!.includes(line));
  expect(some(changed).every((line) => line.includes("ami-"))).toBe(true);
  expect(JSON.parse(stackConfigFromFile(file)["footprint:image"] ?? "")).toEqual({
    "eu-west-1": imageOf("eu-west-1"),
    "us-east-1": imageOf("us-east-1"),
  });
});

describe("rejects", () => {
  async function refusal(release?: string): Promise<string> {
    const before = readFileSync(file, "utf8");
    const error: unknown = await update(release).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(readdirSync(folder)).toEqual(["Pulumi.global.yaml"]);
    return (error as UserError).message;
  }

  test("rejects a release that one region does not have, and writes nothing", async () => {
    answer = (request) => (["af-south-1", "sa-east-1"].includes(request.region) ? missing() : found(request));
    expect(await refusal()).toBe(
      [
        "nothing was written, /aws/service/debian/release/13/20260901-2345/arm64 could not be read in:",
        "af-south-1: ParameterNotFound: no such parameter",
        "sa-east-1: ParameterNotFound: no such parameter",
      ].join("\n"),
    );
  });

  test("rejects an answer that is no image", async () => {
    answer = () => ({
      type: "application/x-amz-json-1.1",
      body: JSON.stringify({ Parameter: { Value: "debian-13" } }),
    });
    expect(await refusal()).toContain('\naf-south-1: "debian-13" is not the id of an image\n');
  });

  test("rejects a malformed release without asking anybody", async () => {
    expect(await refusal("../x")).toBe(
      '--release: must be latest or a date and build such as 20260901-2345, got "../x"',
    );
    expect(server.requests).toEqual([]);
  });

  test("rejects a file without PoPs or with unknown regions", async () => {
    writeFileSync(file, "config: {}\n");
    expect(await refusal()).toBe(`${file}: has no PoPs (footprint:pops) to look images up for`);
    writeFileSync(file, "config:\n  footprint:pops:\n    us-est-1: {}\n");
    expect(await refusal()).toBe(`${file}: unknown regions in footprint:pops: us-est-1`);
  });
});

test("the command prints what changed and its progress apart", async () => {
  const out = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  const err = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const program = new Command().exitOverride();
    registerImages(program, folder);
    await program.parseAsync(["node", "footprint", "images", "--stack", "global", "--release", "latest"]);
    expect(out.mock.calls.map(([text]) => text).join("")).toContain(`sa-east-1: ${imageOf("sa-east-1")} instead of`);
    expect(err.mock.calls.map(([text]) => text).join("")).toMatch(/^\[1\/12\] [a-z0-9-]+ ami-[0-9a-f]{17}\n/);
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
});
