import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { PageData } from "./data";

/**
 * The page as one file that needs no network: data, program, style and map are in it, and its policy lets nothing else in.
 *
 * @throws Error when the program cannot be bundled
 */
export async function pageHtml(data: PageData): Promise<string> {
  const script = await program();
  const style = readFileSync(join(__dirname, "client", "page.css"), "utf8");
  const policy = `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escaped(data.title)}: users and PoPs</title>
<style>${style}</style>
</head>
<body>
<main id="page"><noscript>This page draws its map with a script that is in it.</noscript></main>
<script type="application/json" id="data">${embedded(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** The page's program with its map in one text. The same sources give the same text. */
async function program(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, "client", "main.ts")],
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
function embedded(data: PageData): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
