"use strict";

/**
 * A text as a block of code, whatever is in it. What is longer than the limit is cut at its end, with a line that says so.
 *
 * @param {string} text
 * @param {number} limit characters
 */
function codeBlock(text, limit) {
  const shown = text.length <= limit ? text : `${text.slice(0, limit)}\n... (${text.length - limit} characters more)`;
  const longestRun = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longestRun + 1);
  return `${fence}text\n${shown.trimEnd()}\n${fence}\n`;
}

module.exports = { codeBlock };
