import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import MarkdownIt from "markdown-it";
import { satisfies } from "semver";
import { PACKAGE_SCHEMA_FILE, schemaOf } from "../components/packageSchema";
import { ProjectWithComponents } from "../support/packedComponents";
import { describeWith } from "../support/requirements";
import { repository } from "../support/tree";
import { Engine, PULUMI_CLI, STORY } from "./engine";

/** The programs of components/README.md: a PoP alone, and a footprint. */
const PROGRAMS = new MarkdownIt()
  .parse(fs.readFileSync(path.join(repository, "components", "README.md"), "utf8"), {})
  .flatMap(({ type, info, content }) => (type === "fence" && info === "ts" ? [content] : []));

describe("components as a package", () => {
  let project: ProjectWithComponents;

  beforeAll(() => {
    project = new ProjectWithComponents();
    PROGRAMS.forEach((program, number) => {
      project.write(number === 0 ? "index.ts" : `program${String(number)}.ts`, program);
    });
  }, STORY);

  afterAll(() => {
    project.remove();
  });

  test("publint and arethetypeswrong have nothing against it", () => {
    const linter = path.join(repository, "test", "support", "lintPackage.mjs");
    const said = execFileSync(process.execPath, [linter, project.package, project.tarball], { encoding: "utf8" });

    expect(JSON.parse(said)).toEqual({ publint: [], types: { kind: "included" }, attw: [] });
  });

  test("asks for packages in ranges that the repository's fit into", () => {
    const ranges = Object.entries(project.ranges());
    const version = (name: string) =>
      (
        JSON.parse(fs.readFileSync(path.join(project.folder, "node_modules", name, "package.json"), "utf8")) as {
          version: string;
        }
      ).version;

    expect(ranges.length).toBeGreaterThan(5);
    expect(ranges.filter(([name, range]) => !satisfies(version(name), range))).toEqual([]);
  });

  test("has the agent as one file, and none of its sources", () => {
    const files = fs.readdirSync(project.package, { recursive: true, encoding: "utf8" });

    expect(files).toEqual(expect.arrayContaining(["dist/agent.js", "dist/index.d.ts", "dist/LICENSE", "README.md"]));
    expect(files.filter((file) => /(?:^|\/)agent\//.test(file))).toEqual([]);
  });

  test(
    "compiles the programs of its README",
    () => {
      expect(PROGRAMS).toHaveLength(2);
      expect(project.compile()).toBe("");
    },
    STORY,
  );

  test("has what Pulumi's analyzer needs for programs in other languages", async () => {
    expect(await schemaOf(project.package)).toBe(fs.readFileSync(PACKAGE_SCHEMA_FILE, "utf8"));
  });

  describeWith([PULUMI_CLI], "in an empty project", () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await Engine.open({}, project.folder);
      engine.write("edge", "config:\n  aws:region: eu-west-1\n");
    }, STORY);

    afterAll(() => {
      engine.close();
    });

    test(
      "a program of ten lines makes a PoP, and a second update changes nothing",
      async () => {
        const up = await engine.done("up", "edge");
        const types = up.steps.map(({ type }) => type);
        const again = await engine.done("up", "edge");

        expect(types).toEqual(
          expect.arrayContaining([
            "footprint:pop:Pop",
            "aws:lb/loadBalancer:LoadBalancer",
            "aws:autoscaling/group:Group",
          ]),
        );
        expect(new Set(up.steps.map(({ op }) => op))).toEqual(new Set(["create"]));
        expect(again.steps).toEqual([]);
      },
      STORY,
    );
  });
});
