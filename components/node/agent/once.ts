/** The same, but the first success is kept: what cannot change is asked for until it is known. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: T } | undefined;
  return async () => {
    known ??= { value: await ask() };
    return known.value;
  };
}
