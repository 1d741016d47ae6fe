/** Joins sections with an empty line between them; the text ends with a newline. */
export function sections(...texts: readonly string[]): string {
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("\n\n")
    .concat("\n");
}
