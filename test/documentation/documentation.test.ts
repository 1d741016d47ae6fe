import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { footprint } from "../../infra/cli/main";
import { scripts } from "../../package.json";
import { repository } from "../support/tree";
import { documents, type Document } from "./documents";

const all = documents();

/** Each with the document that it stands in. */
function found(pick: (document: Document) => readonly string[]): readonly (readonly [string, string])[] {
  return all.flatMap((document) => [...new Set(pick(document))].map((text) => [document.file, text] as const));
}

test("there are documents, one in each room", () => {
  const rooms = ["components", "components/node", "infra", "stacks", "test"].concat(
    ["edge", "lab", "packages", "page", "plan", "pulumi", "sandbox"].map((room) => `infra/${room}`),
  );

  expect(all.map(({ file }) => file)).toEqual(
    expect.arrayContaining(["README.md", ...rooms.map((room) => `${room}/README.md`)]),
  );
});

test("the front door can be read in five minutes: at most 150 lines", () => {
  expect(fs.readFileSync(path.join(repository, "README.md"), "utf8").trimEnd().split("\n").length).toBeLessThan(151);
});

describe("a link leads somewhere", () => {
  const links = found(({ links: urls }) => urls.filter((url) => !/^[a-z]+:/.test(url)));

  test.each(links)("%s: %s", (file, url) => {
    const [target = "", anchor] = url.split("#");
    const to = target === "" ? file : path.posix.join(path.posix.dirname(file), target);
    expect(fs.existsSync(path.join(repository, to))).toBe(true);
    if (anchor !== undefined) {
      expect([...(all.find((document) => document.file === to)?.anchors ?? [])]).toContain(anchor);
    }
  });
});

describe("a path is one of the tree", () => {
  const rooms = fs
    .readdirSync(repository, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() && !["node_modules", ".git"].includes(entry.name) ? [entry.name] : []));
  const inTree = (text: string) => rooms.includes(text.split("/")[0] ?? "") && /^[\w.-]+\/[\w./-]*$/.test(text);
  // What a person writes, and what one of our programs makes.
  const paths = found(({ code }) => code.filter((text) => inTree(text) && !/stack>|my-edge/.test(text)));

  test.each(paths)("%s: %s", (_file, name) => {
    expect(fs.existsSync(path.join(repository, name))).toBe(true);
  });
});

describe("an npm script is one of package.json", () => {
  const named = found(({ code }) =>
    code.flatMap((line) => [...line.matchAll(/npm (?:run (?:--silent )?)([\w:-]+)/g)].map(([, name = ""]) => name)),
  );

  test.each(named)("%s: npm run %s", (_file, name) => {
    expect(Object.keys(scripts)).toContain(name);
  });
});

describe("a command is one of ours, with options that it takes", () => {
  const commands = found(({ code }) =>
    code.flatMap((line) => /(?:^|npx )footprint ([a-z].*?)(?:\s+#.*)?$/.exec(line)?.[1] ?? []),
  );

  test.each(commands)("%s: footprint %s", (_file, line) => {
    let command: Command = footprint();
    for (const word of line.split(" ")) {
      const next = command.commands.find((child) => child.name() === word);
      if (next === undefined) {
        break;
      }
      command = next;
    }
    expect(command.name()).not.toBe("footprint");
    // What follows `sandbox` is the Pulumi CLI's.
    const options = command.name() === "sandbox" ? [] : [...line.matchAll(/(?<=^|\s)--[a-z-]+/g)].map(([name]) => name);
    const known = ["--help", ...command.options.flatMap(({ long }) => long ?? [])];
    expect(options.filter((option) => !known.includes(option))).toEqual([]);
  });
});
