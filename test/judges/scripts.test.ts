import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { nodeFiles } from "../../components/node/files";
import { OPTIONS } from "../components/node/options";
import { describeWith } from "../support/requirements";
import { some } from "../support/some";
import { repository } from "../support/tree";
import { WORKFLOWS } from "../workflows/workflows";
import { JUDGES, judged, said, type Waived } from "./judges";

interface Comment {
  readonly code: number;
  readonly line: number;
  readonly message: string;
}

const WAIVED: readonly Waived[] = [
  {
    finding:
      /\/usr\/local\/lib\/footprint\/\S+ SC1091 .*\/usr\/local\/lib\/footprint\/limits was not specified as input.*/,
    reason: "the agent writes that file on the node; bootstrap and tests of the settings hold what stands in it",
    date: "2026-11-28",
  },
  {
    finding: /\/usr\/local\/lib\/footprint\/prepare-node:\d+ SC2017 .*/,
    reason: "what is lost is at most 99 pages' hundredth: a page of 4 kB, of 64 MB at least",
    date: "2026-11-28",
  },
];

const BASH = "#!/usr/bin/env bash";

/** What a step has of its environment. */
const given = (name: string) => `export ${name}=given`;

/** Scripts of the tree: those that git knows and that say so in their first line. */
function ofTheTree(): readonly (readonly [name: string, text: string])[] {
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: repository, encoding: "utf8" }).split("\0");
  return files
    .filter((file) => file !== "" && !/\.(?:ts|js|mjs|json|md|snap|patch|py)$/.test(file))
    .filter((file) => fs.existsSync(path.join(repository, file)))
    .map((file) => [file, fs.readFileSync(path.join(repository, file), "utf8")] as const)
    .filter(([, text]) => /^#!.*\b(?:ba)?sh\b/.test(text));
}

// https://www.shellcheck.net/wiki: each script as it is run, those that the program renders among them.
describeWith([JUDGES], "shellcheck finds in the scripts nothing", () => {
  function found(name: string, text: string): readonly string[] {
    const comments = JSON.parse(said("shellcheck", ["--format=json", "-"], text)) as readonly Comment[];
    return comments.map(({ code, line, message }) => `${name}:${String(line)} SC${String(code)} ${message}`);
  }

  test("that has no reason", () => {
    const ofNodes = Object.entries(nodeFiles(OPTIONS)).filter(([, text]) => text.startsWith("#!/bin/sh\n"));
    const steps = Object.entries(WORKFLOWS).flatMap(([file, { workflow }]) =>
      Object.entries(workflow.jobs).flatMap(([job, { steps: all }]) =>
        all.flatMap(({ run, env = {} }) =>
          run === undefined
            ? []
            : [[`${file} ${job}`, [BASH, ...Object.keys(env).map(given), run].join("\n")] as const],
        ),
      ),
    );
    const scripts = [...some(ofNodes), ...some(ofTheTree()), ...some(steps)];

    expect(
      judged(
        scripts.flatMap(([name, text]) => found(name, text)),
        WAIVED,
      ),
    ).toEqual({ unexplained: [], unused: [] });
  });

  test("what it is to find: a word that is split", () => {
    expect(found("script", "#!/bin/sh\nrm $1\n")).toContainEqual(expect.stringContaining("SC2086"));
  });
});
