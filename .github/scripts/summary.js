"use strict";

// node .github/scripts/summary.js FILE: a log as a block for a job's summary. Its end says how it went, so that is what stays.

const { existsSync, readFileSync } = require("node:fs");
const { codeBlock } = require("./markdown.js");

/** GitHub takes 1 MiB for a step, in bytes; a character of a log is rarely more than one. */
const LIMIT = 500_000;

const [file = ""] = process.argv.slice(2);
const text = existsSync(file) ? readFileSync(file, "utf8") : "";
const shown = text.length <= LIMIT ? text : `(${text.length - LIMIT} characters before that)\n${text.slice(-LIMIT)}`;
process.stdout.write(text === "" ? "Nothing was begun.\n" : codeBlock(shown, 2 * LIMIT));
