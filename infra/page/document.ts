import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

export interface Page {
  readonly title: string;
  /** What it says where no script runs. */
  readonly withoutScript: string;
  /** File of its program, which finds `data` in the element of that id and fills `main`. */
  readonly program: string;
  /** File of its own styles, beside those of all pages. */
  readonly styles: string;
  /** Plain data for the program. */
  readonly data: object;
  /** Further directives of its policy, which else lets nothing in or out. */
  readonly policy?: string;
}

/**
 * A page as one file that needs no network: data, program, styles and map are in it, and its policy lets nothing else in.
 *
 * @throws Error when the program cannot be bundled
 */
export async function htmlDocument({
  title,
  withoutScript,
  program,
  styles,
  data,
  policy = "",
}: Page): Promise<string> {
  const script = await bundled(program);
  const style = [join(__dirname, "client", "base.css"), styles].map((file) => readFileSync(file, "utf8")).join("");
  const allowed = `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'${policy}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${allowed}">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main id="page"><noscript>${escaped(withoutScript)}</noscript></main>
<script type="application/json" id="data">${embedded(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** The page's program with its map in one text. The same sources give the same text. */
async function bundled(program: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "ascii",
    legalComments: "none",
    tsconfigRaw: "{}",
    logLevel: "silent",
  });
  // A script of a page ends at the first of these, wherever it stands.
  return (outputFiles[0]?.text ?? "").replaceAll("</script", "<\\/script");
}

/** JSON that no HTML parser takes for the end of its element. */
function embedded(data: object): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
