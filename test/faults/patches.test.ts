import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { command, describeWith } from "../support/requirements";
import { repository } from "../support/tree";
import { patchFiles, readPatch } from "./patches";

const files = patchFiles(__dirname).map((file) => [path.basename(file), file] as const);

describeWith([command("git", "install git")], "every seeded fault", () => {
  test.each(files)("%s says what it breaks and names test files that exist", (_name, file) => {
    const { tests } = readPatch(file);

    expect(tests.filter((test) => !fs.existsSync(path.join(repository, test)))).toEqual([]);
  });

  test.each(files)("%s applies to the tree", (_name, file) => {
    const { stderr } = spawnSync("git", ["apply", "--check", file], { cwd: repository, encoding: "utf8" });

    expect(stderr).toBe("");
  });
});

describe("a patch's header", () => {
  const read = (text: string) => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-patch-"));
    try {
      const file = path.join(directory, "a.patch");
      fs.writeFileSync(file, text);
      return readPatch(file);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  };

  test("gives the property, the sentence, the tests and the titles", () => {
    const patch = read(
      "# P15 The region is lost.\n# tests: test/a.test.ts test/b.test.ts\n# only: region\ndiff --git a b\n",
    );

    expect(patch).toMatchObject({
      name: "a",
      property: "P15",
      sentence: "The region is lost.",
      tests: ["test/a.test.ts", "test/b.test.ts"],
      only: "region",
    });
  });

  test.each([
    ["no property", "# The region is lost.\n# tests: test/a.test.ts\ndiff --git a b\n"],
    ["no tests", "# P15 The region is lost.\ndiff --git a b\n"],
    ["no diff", "# P15 The region is lost.\n# tests: test/a.test.ts\n"],
  ])("rejects one with %s", (_what, text) => {
    expect(() => read(text)).toThrow(
      'a: must begin with "# P<n> <sentence>", "# tests: <files>", perhaps "# only: <title>"',
    );
  });
});
