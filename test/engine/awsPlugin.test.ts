import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { installedCli } from "../../infra/pulumi/cli";
import { checkWithPlugin } from "../../infra/sandbox/pluginCheck";
import { World } from "../../infra/sandbox/aws/world";
import { judge, JUDGES } from "../judges/judges";
import { UserError } from "../../infra/terminal/userError";
import { describeWith } from "../support/requirements";
import { repository } from "../support/tree";
import { PULUMI_CLI, STORY, tiny } from "./engine";

/**
 * Stands for the provider's own plugin, as the engine sees it: it prints a port, and serves there until it is ended. What
 * exists stands in its folder, as with AWS it does elsewhere; what moto has when it begins it writes down.
 */
const PLUGIN = `#!${process.execPath}
require(${JSON.stringify(path.join(repository, "infra/cli/typescript.js"))});
const { startStandIn } = require(${JSON.stringify(path.join(repository, "infra/sandbox/aws/standIn.ts"))});
const { appendFileSync, existsSync } = require("node:fs");
const { join } = require("node:path");
(async () => {
  const has = await (await fetch(process.env.AWS_ENDPOINT_URL + "/moto-api/data.json")).json();
  appendFileSync(join(__dirname, "seen"), has.s3.FakeBucket.map(({ name }) => name).join() + "\\n");
  const { ports } = await startStandIn({ folder: join(__dirname, "world") });
  console.log(ports.aws);
})();
`;

describeWith([PULUMI_CLI, JUDGES], "the provider's own plugin, on the real engine", () => {
  let folder: string;
  const plugin = () => path.join(folder, "pulumi-resource-aws");
  const lines = (file: string) => fs.readFileSync(path.join(folder, file), "utf8").trimEnd().split("\n");

  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-plugin-test-")));
    fs.writeFileSync(plugin(), PLUGIN, { mode: 0o755 });
    fs.mkdirSync(path.join(folder, "stacks"));
    // Latency records are held back until the load balancer has healthy nodes, and moto knows none of the stand-in's.
    const input = tiny(
      { "eu-central-1": {} },
      {
        zones: { "example.com": { create: true } },
        protection: false,
        sites: { "www.example.com": { origin: "https://origin.example.org", dns: "later" } },
      },
    );
    const config = Object.fromEntries(Object.entries(input).map(([key, value]) => [`footprint:${key}`, value]));
    fs.writeFileSync(
      path.join(folder, "stacks/Pulumi.tried.yaml"),
      stringify({ config: { "aws:region": "us-east-1", ...config } }),
    );
  });

  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  function check(): Promise<number> {
    const cli = installedCli(() => undefined);
    if (cli === undefined) {
      throw new Error("there is no CLI any more");
    }
    const programs = { plugin: plugin(), moto: judge("moto_server") };
    return checkWithPlugin({ programs, cli, stack: "tried", stacks: path.join(folder, "stacks") });
  }

  test(
    "deploys to moto, finds nothing to change, and takes all down again",
    async () => {
      expect(await check()).toBe(0);

      // By the engine, in four commands at least, each with an AWS that has the packages' bucket.
      const seen = lines("seen");
      expect(seen.length).toBeGreaterThanOrEqual(4);
      expect(new Set(seen)).toEqual(new Set(["sandbox-packages"]));
      const calls = lines("world/calls.jsonl").map((line) => JSON.parse(line) as { method: string; type?: string });
      const count = (method: string) => calls.filter((call) => call.method === method).length;
      expect(count("create")).toBeGreaterThan(50);
      // The log bucket outlives its PoP.
      const left = new World(path.join(folder, "world/entities")).entities().map(({ id }) => id);
      expect(left.filter((id) => !id.startsWith("eu-central-1-network-logs-"))).toEqual([]);
      expect(calls.filter(({ type }) => type?.startsWith("random:"))).toEqual([]);
    },
    STORY,
  );

  test.each([
    [
      "whose zones are there without it",
      ["create: true", "id: Z0123456789ABCDEFGHIJ"],
      "zones of its own (`create: true`), for moto has none, got tried with Z0123456789ABCDEFGHIJ",
    ],
    [
      "that is protected",
      ["protection: false", "protection: true"],
      "`footprint:protection: false`, so that it can be taken down in one step, got tried without it",
    ],
  ] as const)("rejects a stack %s", async (_which, [from, to], wrong) => {
    const file = path.join(folder, "stacks/Pulumi.tried.yaml");
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(from, to));

    await expect(check()).rejects.toThrow(new UserError(`sandbox --with aws-plugin: must be a stack with ${wrong}`));
  });

  test(
    "ends with the first step that it fails in",
    async () => {
      fs.mkdirSync(path.join(folder, "world"));
      const fault = { method: "create", type: "aws:ec2/vpc:Vpc", effect: "fail", times: 1 };
      fs.writeFileSync(path.join(folder, "world/faults.json"), JSON.stringify([fault]));

      expect(await check()).not.toBe(0);

      expect(lines("world/calls.jsonl").filter((line) => line.includes('"delete"'))).toEqual([]);
    },
    STORY,
  );
});
