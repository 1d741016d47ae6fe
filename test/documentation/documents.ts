import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";
import { repository } from "../support/tree";

/** A Markdown file of the tree, and what in it can be followed. */
export interface Document {
  /** From the root of the tree. */
  readonly file: string;
  readonly links: readonly string[];
  /** Anchors of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** What stands between backticks, and each line of a console after its `$`. */
  readonly code: readonly string[];
}

/** Every document that is tracked, or would be. */
export function documents(): readonly Document[] {
  return execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { cwd: repository, encoding: "utf8" })
    .split("\n")
    .filter((file) => file !== "" && fs.existsSync(path.join(repository, file)))
    .map((file) => read(file, fs.readFileSync(path.join(repository, file), "utf8")));
}

function read(file: string, text: string): Document {
  const blocks = new MarkdownIt({ html: true }).parse(text, {});
  const inline = blocks.flatMap(({ children }) => children ?? []);
  const links = inline.flatMap((token) => token.attrGet(token.type === "image" ? "src" : "href") ?? []);
  const headings = blocks.flatMap((token, index) =>
    token.type === "heading_open" ? (blocks[index + 1]?.children ?? []).map(({ content }) => content).join("") : [],
  );
  return {
    file,
    links,
    anchors: new Set(headings.map((heading) => GithubSlugger.slug(heading))),
    code: [
      ...inline.filter(({ type }) => type === "code_inline").map(({ content }) => content.replaceAll("\n", " ")),
      ...blocks
        .filter(({ type, info }) => type === "fence" && info === "console")
        .flatMap(({ content }) => [...content.matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) => line)),
    ],
  };
}
