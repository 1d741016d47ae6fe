"use strict";

// Lets a process require TypeScript: `node -r ./infra/cli/typescript.js file.ts`. Types are dropped, not checked, and
// the JavaScript is kept, for the compiler takes 0.2 s to load and a second for the files of a plan. ts-node, which
// keeps nothing, stays a dependency because Pulumi's language host uses it.

const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { setSourceMapsSupport } = require("node:module");
const path = require("node:path");
const { version } = require("typescript/package.json");
const { cacheHome } = require("../terminal/cacheHome.js");

const root = path.resolve(__dirname, "../..");
const project = fs.readFileSync(path.join(root, "tsconfig.json"), "utf8");
const folder = path.join(cacheHome(), "transpiled");

// Errors tell lines of the TypeScript file. From Node 22.14 on packages can be left out, whose maps take time to read.
if (setSourceMapsSupport === undefined) {
  process.setSourceMapsEnabled(true);
} else {
  setSourceMapsSupport(true, { nodeModules: false });
}

require.extensions[".ts"] = (module, file) => module._compile(javaScriptOf(file), file);

function javaScriptOf(file) {
  const source = fs.readFileSync(file, "utf8");
  const key = createHash("sha256").update([version, project, source].join("\n")).digest("hex");
  const header = `// ${key}\n`;
  // One entry per file, whatever clone it is from: the key tells whether it fits, and the folder does not grow.
  const kept = path.join(folder, `${path.relative(root, file).replaceAll(path.sep, "--")}.js`);
  const entry = read(kept);
  if (entry?.startsWith(header)) {
    return entry.slice(header.length);
  }
  const code = transpile(source, file);
  keep(kept, header + code);
  return code;
}

function transpile(source, file) {
  const ts = require("typescript");
  const { options } = ts.convertCompilerOptionsFromJson(
    ts.parseConfigFileTextToJson("tsconfig.json", project).config.compilerOptions,
    root,
  );
  return ts.transpileModule(source, {
    fileName: file,
    compilerOptions: { ...options, inlineSourceMap: true, inlineSources: true },
  }).outputText;
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Moves the entry into place whole. A cache that cannot be written makes the command slower, not wrong. */
function keep(file, text) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    const own = `${file}.${process.pid}`;
    fs.writeFileSync(own, text);
    fs.renameSync(own, file);
  } catch {
    // A read-only home, a full disk.
  }
}
