/** What others wrote, without characters that could tell a terminal to do something. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}

/** The same for all texts in a value that came as JSON. */
export function plainTexts<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, each: unknown) =>
    typeof each === "string" ? plain(each) : each,
  ) as T;
}
