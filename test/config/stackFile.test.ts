import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import { parse } from "yaml";
import { placeholders } from "../../infra/config/complete";
import { stackFileSchema } from "../../infra/config/jsonSchema";
import { loadConfig } from "../../infra/config/load";
import { configOfStack } from "../../infra/config/ofStack";
import { ConfigError, problemLine } from "../../infra/config/problems";
import { REGIONS } from "../../infra/config/regions";
import {
  engineText,
  qualified,
  roughConfig,
  stackConfigFromFile,
  stackConfigFromText,
  unreadParts,
} from "../../infra/config/stackFile";
import { SHIPPED } from "../support/stacks";

const folder = join(__dirname, "..", "..", "stacks");
// Those of this repository; whoever uses it has others beside them.
const files = SHIPPED.map((stack) => `Pulumi.${stack}.yaml`);

/** Lines of the ConfigError that reading a text brings. */
function linesOf(text: string): readonly string[] {
  try {
    stackConfigFromText(text, "Pulumi.test.yaml");
    return [];
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems.map(problemLine);
    }
    throw error;
  }
}

describe.each(files)("%s", (name) => {
  const text = readFileSync(join(folder, name), "utf8");
  const stack = name.replace(/^Pulumi\.(.*)\.yaml$/, "$1");
  const config = loadConfig(stack, stackConfigFromFile(join(folder, name)));

  test("tells editors about its schema in its first line", () => {
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=schema.json");
  });

  test("fits the schema that editors use", () => {
    const validate = new Ajv({ strict: false }).compile(stackFileSchema());
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
  });

  test("has at least three PoPs and names only domains kept for examples (RFC 2606)", () => {
    expect(config.pops.length).toBeGreaterThanOrEqual(3);
    const names = [
      ...config.zones.map((zone) => zone.name),
      ...config.sites.flatMap((site) => site.origins.map((origin) => origin.host)),
    ];
    expect(names.filter((host) => !/(?:^|\.)example\.(?:com|net|org)$/.test(host))).toEqual([]);
  });

  test("has no image and no bucket of packages yet that a deployment would take", () => {
    expect(placeholders(config).map(({ problem }) => problem)).toEqual([
      `no image is chosen for ${config.pops.map((pop) => pop.region).join(", ")}`,
      "no bucket with the nodes' packages is named",
    ]);
  });
});

describe("the shipped stacks", () => {
  const load = (stack: string) => loadConfig(stack, stackConfigFromFile(join(folder, `Pulumi.${stack}.yaml`)));

  test("may be written by the CLI, whose form is not prettier's", () => {
    const prettier = join(folder, "../node_modules/prettier/bin/prettier.cjs");
    const { stdout } = spawnSync(process.execPath, [prettier, "--file-info", "stacks/Pulumi.my-edge.yaml"], {
      cwd: join(folder, ".."),
      encoding: "utf8",
    });

    expect(JSON.parse(stdout)).toEqual({ ignored: true, inferredParser: null });
  });

  test("are found by any name that Pulumi has for them, in any folder", () => {
    expect(configOfStack("acme/footprint/europe")).toEqual(load("europe"));
    expect(() => configOfStack("europe", join(folder, ".."))).toThrow(/got "europe"; there are: /);
  });

  test("europe stays in member states of the European Union", () => {
    const union = ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"];
    expect(load("europe").pops.filter((pop) => !union.includes(pop.region))).toEqual([]);
  });

  test("global has nine PoPs or more on five continents, one drained and one in an opt-in region", () => {
    const { pops, sites, zones } = load("global");
    expect(pops.length).toBeGreaterThanOrEqual(9);
    expect(new Set(pops.map((pop) => pop.region.split("-")[0])).size).toBeGreaterThanOrEqual(5);
    expect(pops.filter((pop) => pop.state === "drained")).toHaveLength(1);
    expect(pops.some((pop) => REGIONS.get(pop.region)?.optIn)).toBe(true);
    expect(zones).toHaveLength(2);
    expect(sites.some((site) => site.host === site.zone)).toBe(true);
  });
});

describe("a stack file", () => {
  test("becomes what the engine hands over: texts, and objects as JSON with sorted keys", () => {
    const text = [
      "encryptionsalt: v1:abc",
      "config:",
      "  aws:region: eu-west-1",
      "  footprint:protection: false",
      "  footprint:supernet: 10.64.0.0/14",
      "  tags: { b: a<b & c, a: 2026-01-02, n: 1.50 }",
      "  footprint:sites:",
      "    www.example.com: &site { origin: https://o.example.net, methods: [GET, HEAD] }",
      "    api.example.com: { <<: *site, maxAge: 60 }",
      "  footprint:alarms:",
      "  aws:secretKey: { secure: v1:xyz }",
    ].join("\n");
    expect(stackConfigFromText(text, "Pulumi.test.yaml")).toEqual({
      "aws:region": "eu-west-1",
      "footprint:protection": "false",
      "footprint:supernet": "10.64.0.0/14",
      "footprint:tags": '{"a":"2026-01-02 00:00:00 +0000 UTC","b":"a\\u003cb \\u0026 c","n":1.5}',
      "footprint:sites":
        '{"api.example.com":{"maxAge":60,"methods":["GET","HEAD"],"origin":"https://o.example.net"},"www.example.com":{"methods":["GET","HEAD"],"origin":"https://o.example.net"}}',
      "footprint:alarms": "null",
    });
  });

  // encoding/json, Marshal: "<", ">", "&", U+2028 and U+2029 are escaped; a map's keys are sorted.
  test("has values in Go's JSON", () => {
    expect(engineText({ b: [{ d: "<>&", c: "\u2028\u2029" }], a: null })).toBe(
      '{"a":null,"b":[{"c":"\\u2028\\u2029","d":"\\u003c\\u003e\\u0026"}]}',
    );
    expect(["<text>", 1.5, false, null, undefined, []].map(engineText)).toEqual([
      "<text>",
      "1.5",
      "false",
      "null",
      "null",
      "[]",
    ]);
  });

  // ParseKey of pulumi/pulumi, sdk/go/common/resource/config/key.go.
  test("has keys of two parts, or three of which the second is config, or one that is the project's", () => {
    expect(
      ["tags", "aws:region", "a:config:b", "a:b:c", "config:b:c", "a:config:b:c", "a:b:config:d"].map(qualified),
    ).toEqual(["footprint:tags", "aws:region", "a:b", undefined, undefined, undefined, undefined]);
  });

  test("may have no configuration, or lie broken while an operator needs what can be read of it", () => {
    expect(stackConfigFromText("encryptionsalt: v1\n", "Pulumi.test.yaml")).toEqual({});
    const temporary = mkdtempSync(join(tmpdir(), "footprint-stack-file-"));
    const file = join(temporary, "Pulumi.test.yaml");
    const rough = (text: string) => {
      writeFileSync(file, text);
      return roughConfig(file);
    };

    expect(rough("x: &x { b: 1 }\nconfig: { aws:region: eu-west-1, m: { <<: *x } }\n")).toEqual({
      "aws:region": "eu-west-1",
      m: { b: 1 },
    });
    expect(rough("config:\n  a: 1\n  a: 2\n  b: [\n")).toMatchObject({ a: 2 });
    for (const text of ["", "config:\n", "config: [a]\n", "config: a\n", "[config]\n", "text\n", "config: *x\n"]) {
      expect(rough(text)).toEqual({});
    }
    rmSync(temporary, { recursive: true });
    expect(roughConfig(file)).toEqual({});
    expect(unreadParts(file)).toEqual([]);
  });

  test("rejects what is no YAML, with line and column", () => {
    expect(linesOf("config:\n  aws:region: [a\n")).toEqual([
      "Pulumi.test.yaml:3:1: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ]);
  });

  test("rejects a key that stands twice", () => {
    expect(linesOf("config:\n  footprint:pops: {}\n  footprint:pops: {}\n")).toEqual([
      "Pulumi.test.yaml:3:3: must have each key once, this one stands here again",
    ]);
  });

  test("rejects a file without a map of configuration", () => {
    expect(linesOf("config: [a]\n")).toEqual(["Pulumi.test.yaml: must be a map with a map `config` in it"]);
    expect(linesOf("just text\n")).toEqual(["Pulumi.test.yaml: must be a map with a map `config` in it"]);
  });

  test("rejects a file that is not there", () => {
    expect(() => stackConfigFromFile(join(folder, "Pulumi.nowhere.yaml"))).toThrow(
      /Pulumi\.nowhere\.yaml: must be a stack file, cannot be read \(ENOENT\)$/,
    );
  });

  test("rejects encrypted values of ours, wherever they stand", () => {
    expect(
      linesOf("config:\n  footprint:tags: { owner: { secure: v1:abc } }\n  footprint:supernet: { secure: v1:abc }\n"),
    ).toEqual([
      "supernet: must not be encrypted (`secure:`): nothing here is a secret, the footprint makes its secrets itself",
      "tags.owner: must not be encrypted (`secure:`): nothing here is a secret, the footprint makes its secrets itself",
    ]);
    expect(
      linesOf(
        "config:\n  tags:\n    - a\n    - b: { secure: v1:abc }\n    - { secure: v1:abc, c: { secure: [v1] } }\n",
      ),
    ).toEqual([
      "tags[1].b: must not be encrypted (`secure:`): nothing here is a secret, the footprint makes its secrets itself",
    ]);
  });

  test("leaves what is encrypted of others to the engine, wherever it stands", () => {
    const text = "config:\n  aws:a: { b: [{ secure: v1:abc }] }\n  aws:c: { secure: 1 }\n  aws:d: [1, x]\n";

    expect(stackConfigFromText(text, "Pulumi.test.yaml")).toEqual({ "aws:c": '{"secure":1}', "aws:d": '[1,"x"]' });
  });

  test.each(["1_000", "010", "0b1", "0XFF", "0_", "-0o17", "9007199254740993", ".inf", "2026-01-02T03:04:05+02:00"])(
    "rejects %s, which YAML readers understand differently",
    (text) => {
      expect(linesOf(`config:\n  footprint:sites: { a.example.com: { methods: [${text}] } }\n`)).toEqual([
        `sites["a.example.com"].methods[0]: must be quoted, or written plainly (a number without a leading zero, underscores or a base, a time without a zone), since YAML readers disagree about it, got ${text}`,
      ]);
    },
  );

  test.each(["0123", "2024-01-02", "true", "~"])("rejects the key %s, which the engine reads as no text", (text) => {
    expect(linesOf(`config:\n  footprint:tags: { ${text}: a }\n`)).toEqual([
      `tags: must have keys that are quoted where the engine does not read a text, got ${text}`,
    ]);
  });

  test("rejects YAML's tags, directives and the end of a document", () => {
    expect(linesOf("config:\n  footprint:tags: { a: !!float 1 }\n")).toEqual([
      "tags.a: must have no YAML tag, since readers disagree about some, got !!float",
    ]);
    const directive = ["Pulumi.test.yaml: must be one YAML document without directives (%YAML) and an end (...)"];
    expect(linesOf("%YAML 1.2\n---\nconfig: {}\n")).toEqual(directive);
    expect(linesOf("config: {}\n...\n")).toEqual(directive);
  });

  test("rejects with the place of what it rejects", () => {
    const tag = (value: string) => `must have no YAML tag, since readers disagree about some, got ${value}`;

    expect(linesOf("config:\n  footprint:pops: { a: { b: [x, [y, !!str z]] } }\n")).toEqual([
      `pops.a.b[1][1]: ${tag("!!str")}`,
    ]);
    expect(linesOf("config:\n  tags: { a: { !!str b: c } }\n  aws:region: !x y\n")).toEqual([
      `aws:region: ${tag("!x")}`,
      `tags.a: ${tag("!!str")}`,
    ]);
    expect(linesOf("config: !!map {}\n")).toEqual([`config: ${tag("!!map")}`]);
    expect(linesOf("- 010\n")).toEqual([
      "config: must be quoted, or written plainly (a number without a leading zero, underscores or a base, a time without a zone), since YAML readers disagree about it, got 010",
    ]);
  });

  test("reads a text that looks like a number to others", () => {
    expect(stackConfigFromText("config:\n  tags: { commit: 7e12345, b: 0b2 }\n", "Pulumi.test.yaml")).toEqual({
      "footprint:tags": '{"b":"0b2","commit":"7e12345"}',
    });
  });

  test("takes a key of ours in each of its spellings, and rejects two of them and what is none", () => {
    const values = stackConfigFromText("config:\n  footprint:config:tags: {}\n  pops: {}\n", "Pulumi.test.yaml");

    expect(values).toEqual({ "footprint:tags": "{}", "footprint:pops": "{}" });
    expect(linesOf("config:\n  pops: {}\n  footprint:pops: {}\n  a:b:c: 1\n")).toEqual([
      "a:b:c: must be <namespace>:<name>",
      "footprint:pops: must stand once, got footprint:pops in several spellings",
    ]);
  });

  // https://www.pulumi.com/docs/esc/environments/: a list of names, or an environment written out.
  test.each(["environment:\n  - edge/production\n", "environment:\n  imports: [edge/production]\n"])(
    "says of an environment that no plan can open it: %j",
    (environment) => {
      const temporary = mkdtempSync(join(tmpdir(), "footprint-stack-file-"));
      const file = join(temporary, "Pulumi.test.yaml");
      writeFileSync(file, `${environment}config:\n  pops: {}\n`);

      expect(unreadParts(file)).toEqual([
        "the stack file has an environment, which only Pulumi opens: what its pulumiConfig says of a key that the file itself does not set is not in this plan",
      ]);
      expect(stackConfigFromFile(file)).toEqual({ "footprint:pops": "{}" });
      expect(unreadParts(join(folder, "Pulumi.sandbox.yaml"))).toEqual([]);
      rmSync(temporary, { recursive: true });
    },
  );

  test("rejects a namespace that nobody reads", () => {
    const values = stackConfigFromFile(join(folder, "Pulumi.sandbox.yaml"));

    expect(() => loadConfig("sandbox", { ...values, "footpint:protection": "false" })).toThrow(
      /^footpint:protection: must have a namespace that somebody reads, got "footpint", did you mean "footprint"\? known: footprint, aws, pulumi, random$/,
    );
  });

  test("rejects unknown keys of ours and leaves those of others alone", () => {
    const values = { ...stackConfigFromFile(join(folder, "Pulumi.sandbox.yaml")), "aws:profile": "edge" };
    expect(loadConfig("sandbox", values).stack).toBe("sandbox");
    expect(() => loadConfig("sandbox", { ...values, "footprint:site": "{}" })).toThrow(
      /^footprint: unknown key "site", did you mean "sites"\? allowed: zones, sites, popDomain, originPorts, image,/,
    );
  });
});
