/**
 * The elements, of which there must be some: what is said of each of none is true, whatever it says. The linter asks for
 * it around what a loop with expectations goes over.
 *
 * @throws Error when there is none
 */
export function some<T>(elements: Iterable<T>): readonly T[] {
  const all = [...elements];
  if (all.length === 0) {
    throw new Error("there is nothing of which the test could say anything");
  }
  return all;
}
