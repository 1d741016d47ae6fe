import { METRICS, TIMED_METHODS, type MetricName } from "../protocol/metrics";
import { Distribution } from "./distribution";
import type { Point } from "./point";

/** Of a line of the access log (haproxy/accessLog.ts) what is counted. What HAProxy does not know is an empty text. */
interface Line {
  readonly site?: string;
  readonly method?: string;
  readonly status?: number;
  readonly bytes?: number;
  readonly cache?: string;
  readonly ms_first_byte?: number;
}

const CACHE = { hit: "Hits", stale: "Stale", miss: "Misses", pass: "Passes" } as const;

/** What clients were answered since it was last asked: all of them, and those of some sites each. */
export class Traffic {
  private all = new Counts();
  private readonly bySite: Map<string, Counts>;

  /**
   * @param sites hosts that are counted each; what a client asks for beside them is in the whole alone
   * @param popName the PoP's own name, at which its health is asked for: no client's request, so it is not counted
   */
  constructor(
    sites: readonly string[],
    private readonly popName: string,
  ) {
    this.bySite = new Map(sites.map((site) => [site, new Counts()]));
  }

  add(text: string): void {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      // A line that a full disk has cut off, or what a worker that ends says of itself.
      return;
    }
    if (line.site === this.popName) {
      return;
    }
    this.all.add(line);
    this.bySite.get(line.site ?? "")?.add(line);
  }

  /** Requests whose lines HAProxy has dropped: that they were is all that is known of them. */
  addUnseen(count: number): void {
    this.all.addUnseen(count);
  }

  /** What there was, from which on it counts anew. */
  take(): readonly Point[] {
    const points = [...this.all.points()];
    this.all = new Counts();
    for (const [site, counts] of this.bySite) {
      points.push(...counts.points().flatMap((point) => ("bySite" in METRICS[point.name] ? [{ ...point, site }] : [])));
      this.bySite.set(site, new Counts());
    }
    return points;
  }
}

class Counts {
  private readonly counts = {
    ...{ Requests: 0, Bytes: 0, Hits: 0, Stale: 0, Misses: 0, Passes: 0 },
    ...{ Redirections: 0, ClientErrors: 0, ServerErrors: 0 },
  } satisfies Partial<Record<MetricName, number>>;
  private readonly firstByte = new Distribution();
  private readonly originFirstByte = new Distribution();

  add({ method = "", status = 0, bytes = 0, cache = "", ms_first_byte: ms = -1 }: Line): void {
    const { counts } = this;
    counts.Requests++;
    counts.Bytes += bytes;
    if (cache in CACHE) {
      counts[CACHE[cache as keyof typeof CACHE]]++;
    }
    if (status >= 500) {
      counts.ServerErrors++;
    } else if (status >= 400) {
      counts.ClientErrors++;
    } else if (status >= 300) {
      counts.Redirections++;
    }
    if (ms >= 0 && TIMED_METHODS.has(method)) {
      this.firstByte.add(ms);
      if (cache === "miss" || cache === "pass") {
        this.originFirstByte.add(ms);
      }
    }
  }

  addUnseen(count: number): void {
    this.counts.Requests += count;
  }

  points(): readonly Point[] {
    const distributions: readonly Point[] = [
      { name: "FirstByte", values: this.firstByte.entries() },
      { name: "OriginFirstByte", values: this.originFirstByte.entries() },
    ];
    return [
      ...Object.entries(this.counts).map(([name, count]): Point => ({
        name: name as MetricName,
        values: [[count, 1]],
      })),
      ...distributions.filter(({ values }) => values.length > 0),
    ];
  }
}
