import type { MetricsSettings } from "./node/protocol/bundleFormat";
import { unlessOneOf } from "./refuse";
import type { SiteArgs } from "./site";

/** Where nodes publish what they count. Serving depends on none of it. */
export interface MetricsArgs {
  /** To CloudWatch of their region, once a minute, with alarms on it; AWS bills both. Default: true. */
  cloudwatch?: boolean;
  /** Hosts of sites that have metrics and objectives of their own, at most 20; AWS bills each. Default: none. */
  sites?: string[];
  /** URL of a collector that takes OTLP over HTTP from anyone who reaches it, `/v1/metrics` not included. Default: none. */
  otlp?: string;
}

/** What users are promised over 30 days: alarms ring when its budget of exceptions goes too fast. */
export interface ObjectivesArgs {
  /** Percent of requests that are not answered with 500 and above. Default: 99.9. */
  availability?: number;
  /** Milliseconds within which 99 percent of GET and HEAD requests have their first byte. Default: 1800. */
  firstByte?: number;
}

/** As they are when nothing is said. 1.8 s is where web.dev, "Time to First Byte", begins to call it poor. */
export const OBJECTIVES = { availability: 99.9, firstByte: 1800 } as const satisfies Required<ObjectivesArgs>;

/**
 * Bounds of the objectives. With less than 94 % even a failure of everything would not burn the budget 14.4 times too fast;
 * more than 99.99 % is beyond the load balancer's own service level. The longest step of a distribution is a minute and more.
 */
export const OBJECTIVE_BOUNDS = { availability: [94, 99.99], firstByte: [10, 60_000] } as const;

/** Sites that have metrics of their own: each costs as much as half a PoP's. */
export const METRICS_SITES_LIMIT = 20;

/** What is wrong with a URL of a collector; undefined when nothing is. */
export function otlpProblem(otlp: string): string | undefined {
  const url = URL.canParse(otlp) ? new URL(otlp) : undefined;
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "";
  return isPlain
    ? undefined
    : 'must be an http or https URL without user, query and fragment, such as "https://otel.example.com:4318"';
}

/** Ports of a collector that nodes must reach, beside 443. */
export function metricsPorts({ otlp }: MetricsArgs): number[] {
  if (otlp === undefined) {
    return [];
  }
  const { port, protocol } = new URL(otlp);
  const number = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  return number === 443 ? [] : [number];
}

/** As nodes are told. */
export function metricsSettings({ cloudwatch = true, sites = [], otlp }: MetricsArgs): MetricsSettings {
  return { cloudwatch, sites: [...sites].sort(), ...(otlp === undefined ? {} : { otlp }) };
}

/** What is wrong with where metrics go, and with objectives. */
export function metricsProblems(
  { sites = [], otlp }: MetricsArgs,
  objectives: ObjectivesArgs,
  all: readonly Pick<SiteArgs, "host">[],
): string[] {
  const hosts = Object.fromEntries(all.map(({ host }) => [host, host]));
  const problem = otlp === undefined ? undefined : otlpProblem(otlp);
  return [
    ...sites.flatMap((host, index) => unlessOneOf(`metrics.sites[${String(index)}]`, host, hosts)),
    ...(new Set(sites).size === sites.length ? [] : ["metrics.sites: must name a site once"]),
    ...(sites.length <= METRICS_SITES_LIMIT
      ? []
      : [`metrics.sites: must be at most ${String(METRICS_SITES_LIMIT)}, got ${String(sites.length)}`]),
    ...(problem === undefined ? [] : [`metrics.otlp: ${problem}, got ${JSON.stringify(otlp)}`]),
    ...Object.entries(OBJECTIVE_BOUNDS).flatMap(([name, [from, to]]) => {
      const value = objectives[name as keyof ObjectivesArgs] ?? from;
      return value >= from && value <= to
        ? []
        : [`objectives.${name}: must be ${String(from)} to ${String(to)}, got ${String(value)}`];
    }),
  ];
}
