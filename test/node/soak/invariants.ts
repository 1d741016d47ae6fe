/** What a node's programs hold while nobody attacks them. */
export interface Held {
  readonly megabytes: number;
  readonly files: number;
  /** Of what the node writes to its disk. */
  readonly kilobytes: number;
}

export interface SoakFigures {
  readonly rounds: number;
  /** Requests of the well-behaved, and what went wrong with them. */
  readonly asked: number;
  readonly wrong: readonly string[];
  /** Times at which node health or PoP health was no 200. */
  readonly unhealthy: readonly string[];
  /** After each round, of the node that held most. */
  readonly held: readonly Held[];
}

/** What has to hold, whatever is done to a node; components/node/README.md has them in a table. */
export const INVARIANTS: Readonly<Record<string, (figures: SoakFigures) => readonly string[]>> = {
  "no request of the well-behaved fails": ({ wrong }) =>
    wrong.slice(0, 10).map((answer) => `a well-behaved client got ${answer}`),
  "node health and PoP health answer 200": ({ unhealthy }) => unhealthy,
  "memory is flat": ({ held }) => grown(held, "megabytes"),
  "open files are flat": ({ held }) => grown(held, "files"),
  "the disk is flat": ({ held }) => grown(held, "kilobytes"),
};

/** What may come on top of a fifth: a cache that fills, and connections that are kept. */
export const ROOM: Held = { megabytes: 64, files: 200, kilobytes: 1024 };

function grown(held: readonly Held[], what: keyof Held): readonly string[] {
  const [first, last] = [held[0], held.at(-1)];
  return first !== undefined && last !== undefined && last[what] > first[what] * 1.2 + ROOM[what]
    ? [`${what}: from ${String(first[what])} to ${String(last[what])}`]
    : [];
}

/** What is not as it should be, by invariant; empty when all hold. */
export function brokenBySoak(figures: SoakFigures): readonly string[] {
  return Object.entries(INVARIANTS).flatMap(([name, broken]) => broken(figures).map((how) => `${name}: ${how}`));
}
