import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "./tree";

/** What is translated of each source, one after the other, by processes of their own; the last one finds all of it kept. */
const PROGRAM = `
const transformer = require("./test/support/typescript.js");
const options = {
  config: { rootDir: process.cwd(), cwd: process.cwd(), globals: {}, testMatch: [], testRegex: [], transform: [] },
  cacheFS: new Map(),
  transformerConfig: {},
};
const results = ["const a: string = 'before';", "const a: string = 'after';", "const a: string = 'after';"].map((source) => {
  const { code, map } = transformer.process(source, process.cwd() + "/infra/index.ts", options);
  return { value: eval(code + "; a"), sources: map.sources, content: map.sourcesContent };
});
console.log(JSON.stringify({ results, isLoaded: Object.keys(require.cache).some((file) => file.includes("ts-jest/dist")) }));
`;

test("a file is translated anew when it has changed, kept otherwise, and known by its name in this clone", () => {
  const cache = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-translated-"));
  const run = (program: string) =>
    spawnSync(process.execPath, ["-e", program], {
      cwd: repository,
      env: { ...process.env, XDG_CACHE_HOME: cache },
      encoding: "utf8",
    });

  const first = run(PROGRAM);
  const second = run(PROGRAM.replace("'before'", "'after'"));
  fs.rmSync(cache, { recursive: true });

  const translated = (word: string) => ({
    value: word,
    sources: [path.join(repository, "infra/index.ts")],
    content: [`const a: string = '${word}';`],
  });
  expect(first.stderr).toBe("");
  expect(JSON.parse(first.stdout)).toEqual({
    results: [translated("before"), translated("after"), translated("after")],
    isLoaded: true,
  });
  expect(JSON.parse(second.stdout)).toEqual({
    results: [translated("after"), translated("after"), translated("after")],
    isLoaded: false,
  });
});
