// Packages without types, or with types that this project's module resolution does not find, as far as they are used.

declare module "apg-js" {
  export class apgApi {
    constructor(abnf: string);
    generate(): void;
    readonly errors: readonly unknown[];
    toObject(): unknown;
  }

  type Callback = (state: number, characters: readonly number[], index: number, length: number) => number;

  class Ast {
    readonly callbacks: Record<string, Callback>;
    translate(data: unknown): void;
  }

  export const apgLib: {
    readonly parser: new () => {
      ast: Ast;
      parse(grammar: unknown, start: string, characters: readonly number[]): { readonly success: boolean };
    };
    readonly ast: new () => Ast;
    readonly ids: { readonly SEM_PRE: number; readonly SEM_OK: number };
  };
}

declare module "structured-headers" {
  /** @throws when the text is none */
  export function parseDictionary(text: string): ReadonlyMap<string, readonly [value: unknown, parameters: unknown]>;
}
