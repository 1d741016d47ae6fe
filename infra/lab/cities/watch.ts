import type { Asked } from "./ask";

/** All that a city was told while it was watched. */
export interface CityRecord {
  readonly city: string;
  readonly asked: number;
  readonly failed: readonly Asked[];
  /** Who answered, in the order of the first answer. */
  readonly answeredBy: readonly Span[];
}

/** When a PoP answered a city: ms since 1970, by when the requests were made. */
export interface Span {
  readonly region: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** The median of what answers took from request to first byte, ms. */
  readonly ms: number;
}

export interface WatchOptions {
  readonly cities: readonly string[];
  readonly ask: (city: string) => Promise<Asked>;
  /** Seconds between two requests of a city; each has its own moment within them. */
  readonly every: number;
  readonly onAsked?: (asked: Asked) => void;
}

/** Answers that are kept: those of an hour, if eighteen cities ask every three seconds. */
const KEPT = 20_000;

/** Clients that ask again and again, one per city. A city whose request is not over yet does not begin another. */
export class Watch {
  private readonly all: Asked[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly open = new Map<string, Promise<void>>();

  constructor(private readonly options: WatchOptions) {
    const { cities, every } = options;
    cities.forEach((city, index) => {
      const first = setTimeout(
        () => {
          this.begin(city);
          this.timers.add(
            setInterval(() => {
              this.begin(city);
            }, every * 1000).unref(),
          );
        },
        (every * 1000 * index) / cities.length,
      );
      this.timers.add(first.unref());
    });
  }

  /** Until now. */
  records(): readonly CityRecord[] {
    return cityRecords(this.options.cities, this.all);
  }

  /** Ends it, and waits for what is under way. */
  async stop(): Promise<readonly CityRecord[]> {
    for (const timer of this.timers) {
      clearTimeout(timer);
    }
    await Promise.all(this.open.values());
    return this.records();
  }

  private begin(city: string): void {
    if (this.open.has(city)) {
      return;
    }
    const asking = this.options.ask(city).then((asked) => {
      this.all.push(asked);
      this.all.splice(0, this.all.length - KEPT);
      this.open.delete(city);
      this.options.onAsked?.(asked);
    });
    this.open.set(city, asking);
  }
}

/** What each city was told. Pure. */
export function cityRecords(cities: readonly string[], all: readonly Asked[]): readonly CityRecord[] {
  return cities.map((city) => {
    const own = all.filter((asked) => asked.city === city).sort((a, b) => a.at - b.at);
    const answered = own.filter(({ failure }) => failure === null);
    const regions = [...new Set(answered.flatMap(({ region }) => region ?? []))];
    return {
      city,
      asked: own.length,
      failed: own.filter(({ failure }) => failure !== null),
      answeredBy: regions.map((region) =>
        spanOf(
          region,
          answered.filter((asked) => asked.region === region),
        ),
      ),
    };
  });
}

function spanOf(region: string, answered: readonly Asked[]): Span {
  const times = answered.flatMap(({ times: each }) => each?.answer ?? []).sort((a, b) => a - b);
  return {
    region,
    first: answered[0]?.at ?? 0,
    last: answered.at(-1)?.at ?? 0,
    count: answered.length,
    ms: times[Math.floor(times.length / 2)] ?? 0,
  };
}
