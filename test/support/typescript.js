"use strict";

const { Buffer } = require("node:buffer");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { version: typescript } = require("typescript/package.json");
const { version: tsJest } = require("ts-jest/package.json");
const { cacheHome } = require("../../infra/terminal/cacheHome.js");

const root = path.resolve(__dirname, "../..");
const folder = path.join(cacheHome(), "jest-typescript");
const settings = [typescript, tsJest, fs.readFileSync(path.join(root, "tsconfig.json"), "utf8")].join("\n");
const INLINE_MAP = /\n\/\/# sourceMappingURL=data:application\/json;charset=utf-8;base64,(\S+)\s*$/;

/** Made when it is needed: to load the compiler takes longer than to run a small test file. */
let compiler;

/**
 * TypeScript as ts-jest translates it. Jest keeps that for one project of one tree; this keeps it for all projects, other clones and
 * the trees of seeded faults, one entry a file: its key says whether it fits.
 */
module.exports = {
  // Jest's own cache keeps what coverage has been measured with, too.
  getCacheKey: (source, file, { instrument }) => `${keyOf(source, file)} ${String(instrument)}`,
  process(source, file, options) {
    const key = keyOf(source, file);
    const entry = path.join(folder, `${nameOf(file).replaceAll(path.sep, "--")}.json`);
    const kept = read(entry);
    const { code, map } = kept?.key === key ? kept : keep(entry, key, translated(source, file, options));
    return { code, map: { ...map, file, sources: [file] } };
  },
};

function keyOf(source, file) {
  return createHash("sha256")
    .update([settings, nameOf(file), source].join("\n"))
    .digest("hex");
}

function nameOf(file) {
  return path.relative(root, file);
}

function translated(source, file, options) {
  compiler ??= require("ts-jest").default.createTransformer();
  const { code } = compiler.process(source, file, options);
  const [comment, base64] = INLINE_MAP.exec(code);
  return { code: code.slice(0, -comment.length), map: JSON.parse(Buffer.from(base64, "base64").toString("utf8")) };
}

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Moves the entry into place whole. A cache that cannot be written makes tests slower, not wrong. */
function keep(file, key, result) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    const own = `${file}.${process.pid}`;
    fs.writeFileSync(own, JSON.stringify({ key, ...result }));
    fs.renameSync(own, file);
  } catch {
    // A read-only home, a full disk.
  }
  return result;
}
