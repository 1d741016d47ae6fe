/**
 * What the engine's YAML reader makes of a plain scalar (gopkg.in/yaml.v3 v3.0.1, resolve.go; Pulumi reads stack files
 * with it). It is a mixture of YAML 1.1 and 1.2, and of Go's number literals: 010 is 8, and 7e12345 a text.
 */
export function engineReading(source: string): string | number | bigint | boolean | null | Timestamp {
  if (WORDS.has(source)) {
    return WORDS.get(source) ?? null;
  }
  if (source.startsWith(".")) {
    return finite(source, FRACTION) ?? source;
  }
  if (!/^[-+\d]/.test(source)) {
    return source;
  }
  if (TIMESTAMP.test(source) && isMoment(source)) {
    return new Timestamp(source);
  }
  // After 0b and 0o the rest is read once more, as a number that may have a sign.
  const plain = source.replaceAll("_", "").replace(/^(0[bo])([-+])/, "$2$1");
  return whole(plain) ?? finite(plain, FLOAT) ?? source;
}

/** A point in time. The engine hands it on in Go's words. */
export class Timestamp {
  constructor(private readonly source: string) {}

  /** Its words, as far as they are known here: a date, or a date and a time without a zone. */
  words(): string | undefined {
    const [, year = "", month = "", day = "", time = "00:00:00"] = WITHOUT_ZONE.exec(this.source) ?? [];
    return year === "" ? undefined : `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")} ${time} +0000 UTC`;
  }
}

const WORDS: ReadonlyMap<string, boolean | number | null> = new Map<string, boolean | number | null>([
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, NaN] as const),
  ...["", "+"].flatMap((sign) => [".inf", ".Inf", ".INF"].map((word) => [sign + word, Infinity] as const)),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, -Infinity] as const),
]);

/** `strconv.ParseFloat` alone: underscores stand between digits and nowhere else. */
const FRACTION = /^\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const TIMESTAMP =
  /^\d{4}-(?:1[0-2]|0?[1-9])-(?:[12]\d|3[01]|0?[1-9])(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d{2}:\d{2})| +\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?$/;
const WITHOUT_ZONE = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]| +)(\d{2}:\d{2}:\d{2})Z?)?$/;

/** Go takes no 30th of February for a date, nor an hour 24: it stays a text. */
function isMoment(source: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (source.match(/\d+/g) ?? []).map(Number);
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day <= days && hour < 24 && minute < 60 && second < 60;
}

/** `strconv.ParseInt` and then `ParseUint`, with the base that the prefix says: 64 bits, and only the first has a sign. */
function whole(plain: string): number | bigint | undefined {
  const [, sign = "", digits = ""] =
    /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/.exec(plain) ?? [];
  if (digits === "") {
    return undefined;
  }
  const size = BigInt(
    /^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.replace(/^0[XBO]/, (all) => all.toLowerCase()),
  );
  const value = sign === "-" ? -size : size;
  const fits = value >= -(2n ** 63n) && value < (sign === "" ? 2n ** 64n : 2n ** 63n);
  const isSafe = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
  return fits ? (isSafe ? Number(value) : value) : undefined;
}

function finite(text: string, form: RegExp): number | undefined {
  const value = form.test(text) ? Number(text.replaceAll("_", "")) : NaN;
  return Number.isFinite(value) ? value : undefined;
}
