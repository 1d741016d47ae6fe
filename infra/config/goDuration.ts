const SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/** Seconds of a duration of hours, minutes and seconds, as Go's time.ParseDuration reads it ("1h30m"); undefined for others. */
export function goDuration(text: string): number | undefined {
  return /^(?:\d+(?:\.\d+)?[hms])+$/.test(text)
    ? [...text.matchAll(/([\d.]+)([hms])/g)].reduce(
        (sum, [, count, unit = ""]) => sum + Number(count) * (SECONDS[unit] ?? 0),
        0,
      )
    : undefined;
}
