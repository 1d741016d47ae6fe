/**
 * CloudWatch's alarms over simulated series, as its user guide has them: "Alarm evaluation", "Configuring how CloudWatch
 * alarms treat missing data", "Using math expressions with CloudWatch metrics", "CloudWatch statistics definitions",
 * "Create a composite alarm". A window slides with the minute at which it is looked at.
 */

/** What was published in a minute: one value, or values with how often each came; undefined when nothing was. */
export type Minute = number | readonly (readonly [value: number, count: number])[] | undefined;

/** By the name of a metric, minute by minute. */
export type Series = Readonly<Record<string, readonly Minute[]>>;

export type State = "OK" | "ALARM" | "INSUFFICIENT_DATA";

interface Query {
  readonly id: string;
  readonly expression?: string;
  readonly metric?: { readonly metricName: string; readonly period: number; readonly stat: string };
  readonly returnData?: boolean;
}

/** Inputs of a metric alarm, as a program declares it. */
export interface AlarmInputs {
  readonly metricName?: string;
  readonly statistic?: string;
  readonly period?: number;
  readonly metricQueries?: readonly Query[];
  readonly comparisonOperator: string;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number;
  readonly treatMissingData?: string;
  readonly insufficientDataActions?: readonly string[];
}

/** Data points that CloudWatch looks at beyond the periods of an alarm, in its guide's examples. */
const FURTHER = 2;

/** State after a look at the data points of the evaluation range, oldest first. */
export function stateOf(alarm: AlarmInputs, points: readonly (number | undefined)[], former: State): State {
  const periods = alarm.evaluationPeriods;
  const existing = points.filter((point) => point !== undefined).slice(-periods);
  const missing = periods - existing.length;
  const treatment = alarm.treatMissingData ?? "missing";
  const breaching = existing.filter((point) => compares(alarm, point)).length;
  const needed = alarm.datapointsToAlarm ?? periods;
  if (missing === 0) {
    return breaching >= needed ? "ALARM" : "OK";
  }
  switch (treatment) {
    case "breaching":
      return breaching + missing >= needed ? "ALARM" : "OK";
    case "notBreaching":
      return breaching >= needed ? "ALARM" : "OK";
    case "ignore":
      return breaching < existing.length ? "OK" : former;
    case "missing":
      return existing.length === 0 ? "INSUFFICIENT_DATA" : breaching === existing.length ? "ALARM" : "OK";
    default:
      throw new Error(`there is no treatMissingData ${treatment}`);
  }
}

/** States at the end of each minute; before the first one an alarm has no data. */
function statesOf(alarm: AlarmInputs, series: Series): readonly State[] {
  const minutes = Math.max(...Object.values(series).map((values) => values.length));
  let state: State = "INSUFFICIENT_DATA";
  return Array.from({ length: minutes }, (_, i) => {
    state = stateOf(alarm, pointsAt(alarm, series, i + 1), state);
    return state;
  });
}

/** Minutes at whose end somebody is told that something is wrong. */
export function ringsAt(alarm: AlarmInputs, series: Series): readonly number[] {
  const states = statesOf(alarm, series);
  const tells = (state: State | undefined): boolean =>
    state === "ALARM" || (state === "INSUFFICIENT_DATA" && (alarm.insufficientDataActions ?? []).length > 0);
  return states.flatMap((state, i) => {
    const former = states[i - 1] ?? "INSUFFICIENT_DATA";
    return tells(state) && state !== former ? [i + 1] : [];
  });
}

/** Whether the rule of a composite alarm holds at the end of a series. */
export function holds(rule: string, alarms: ReadonlyMap<string, AlarmInputs>, series: Series): boolean {
  const minutes = Math.max(...Object.values(series).map((values) => values.length));
  const tokens = rule.match(/ALARM\("[^"]+"\)|AND|OR|[()]/g) ?? [];
  if (tokens.join("") !== rule.replaceAll(" ", "")) {
    throw new Error(`not understood: ${rule}`);
  }
  const expression = tokens.map((token) => {
    const name = /^ALARM\("(.+)"\)$/.exec(token)?.[1];
    if (name === undefined) {
      return { AND: "&&", OR: "||" }[token] ?? token;
    }
    const alarm = alarms.get(name);
    if (alarm === undefined) {
      throw new Error(`there is no alarm ${name}`);
    }
    return String(stateOf(alarm, pointsAt(alarm, series, minutes), "INSUFFICIENT_DATA") === "ALARM");
  });
  return truthOf(expression);
}

/** Of true, false, &&, || and parentheses, innermost first. */
function truthOf(tokens: readonly string[]): boolean {
  let text = tokens.join(" ");
  for (let former = ""; former !== text;) {
    former = text;
    text = text
      .replaceAll(/\( (true|false) \)/g, "$1")
      .replaceAll(/(true|false) && (true|false)/g, (_, a, b) => String(a === "true" && b === "true"));
    if (former === text) {
      text = text.replace(/(true|false) \|\| (true|false)/, (_, a, b) => String(a === "true" || b === "true"));
    }
  }
  return text === "true";
}

/** Data points end with the minute: an alarm looks back from now. */
function pointsAt(alarm: AlarmInputs, series: Series, end: number): readonly (number | undefined)[] {
  const period = periodOf(alarm) / 60;
  const count = alarm.evaluationPeriods + FURTHER;
  const windows = Array.from({ length: count }, (_, i): Window => {
    const to = end - (count - 1 - i) * period;
    return { from: to - period, to };
  });
  if (alarm.metricQueries === undefined) {
    return windows.map((window) => statistic(alarm.statistic ?? "", valuesOf(series, alarm.metricName ?? "", window)));
  }
  const metrics = new Map<string, readonly (number | undefined)[]>();
  for (const { id, metric } of alarm.metricQueries) {
    if (metric !== undefined) {
      metrics.set(
        id,
        windows.map((window) => statistic(metric.stat, valuesOf(series, metric.metricName, window))),
      );
    }
  }
  const [only, ...others] = alarm.metricQueries.filter(({ returnData }) => returnData === true);
  const expression = only?.expression;
  if (expression === undefined || others.length > 0) {
    throw new Error("an alarm goes by one expression");
  }
  return windows.map((_, i) => {
    // A series without any data point is empty, and FILL has nothing to fill.
    const at = new Map(
      [...metrics].map(([id, values]) => [id, { value: values[i], isEmpty: values.every(isMissing) }]),
    );
    return evaluated(expression, at);
  });
}

interface Window {
  readonly from: number;
  readonly to: number;
}

function isMissing(value: number | undefined): value is undefined {
  return value === undefined;
}

function compares({ comparisonOperator, threshold }: AlarmInputs, value: number): boolean {
  switch (comparisonOperator) {
    case "GreaterThanThreshold":
      return value > threshold;
    case "GreaterThanOrEqualToThreshold":
      return value >= threshold;
    case "LessThanThreshold":
      return value < threshold;
    default:
      throw new Error(`${comparisonOperator} is not simulated`);
  }
}

/** All metrics of an expression have one period. */
function periodOf({ period, metricQueries = [] }: AlarmInputs): number {
  const periods = new Set([period, ...metricQueries.map(({ metric }) => metric?.period)].filter(Boolean));
  if (periods.size !== 1) {
    throw new Error(`an alarm has one period, got ${[...periods].join(", ")}`);
  }
  return [...periods][0] ?? 0;
}

type Values = readonly (readonly [value: number, count: number])[];

function valuesOf(series: Series, name: string, { from, to }: Window): Values {
  const minutes = series[name];
  if (minutes === undefined) {
    throw new Error(`the series has no ${name}`);
  }
  return minutes
    .slice(Math.max(0, from), Math.max(0, to))
    .flatMap((minute): Values => (minute === undefined ? [] : typeof minute === "number" ? [[minute, 1]] : minute));
}

function statistic(name: string, values: Values): number | undefined {
  if (values.length === 0) {
    return undefined;
  }
  const count = values.reduce((sum, [, n]) => sum + n, 0);
  const [, upTo] = /^PR\(:(\d+)\)$/.exec(name) ?? [];
  if (upTo !== undefined) {
    return (100 * values.reduce((sum, [value, n]) => sum + (value <= Number(upTo) ? n : 0), 0)) / count;
  }
  switch (name) {
    case "SampleCount":
      return count;
    case "Sum":
      return values.reduce((sum, [value, n]) => sum + value * n, 0);
    case "Maximum":
      return Math.max(...values.map(([value]) => value));
    case "Minimum":
      return Math.min(...values.map(([value]) => value));
    default:
      throw new Error(`${name} is not simulated`);
  }
}

interface Operand {
  readonly value: number | undefined;
  /** Of a whole series. */
  readonly isEmpty: boolean;
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
};
const SUMS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
};
const PRODUCTS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
};

/** Metric math: arithmetic, comparisons, IF and FILL. What is missing makes the whole missing, and so does a division by 0. */
function evaluated(expression: string, metrics: ReadonlyMap<string, Operand>): number | undefined {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|[<>]=|[-+*/(),<>]/g) ?? [];
  if (tokens.join("") !== expression.replaceAll(" ", "")) {
    throw new Error(`not understood: ${expression}`);
  }
  let at = 0;
  const next = (wanted?: string): string => {
    const token = tokens[at++] ?? "";
    if (wanted !== undefined && token !== wanted) {
      throw new Error(`${expression}: ${wanted} was to come, not ${token}`);
    }
    return token;
  };
  const primary = (): Operand => {
    const token = next();
    if (token === "(") {
      const inner = comparison();
      next(")");
      return inner;
    }
    if (token === "-") {
      return both(PRODUCTS["*"], known(-1), primary());
    }
    if (/^\d/.test(token)) {
      return known(Number(token));
    }
    if (tokens[at] !== "(") {
      const metric = metrics.get(token);
      if (metric === undefined) {
        throw new Error(`${expression}: there is no metric ${token}`);
      }
      return metric;
    }
    const operands: Operand[] = [];
    do {
      at++;
      operands.push(comparison());
    } while (tokens[at] === ",");
    next(")");
    return call(token, operands);
  };
  const binary =
    (operators: Readonly<Record<string, (a: number, b: number) => number | boolean>>, operand: () => Operand) =>
    (): Operand => {
      let left = operand();
      for (let operate = operators[tokens[at] ?? ""]; operate !== undefined; operate = operators[tokens[at] ?? ""]) {
        at++;
        left = both(operate, left, operand());
      }
      return left;
    };
  const comparison: () => Operand = binary(COMPARISONS, binary(SUMS, binary(PRODUCTS, primary)));
  const { value } = comparison();
  if (at !== tokens.length) {
    throw new Error(`${expression}: ${tokens.slice(at).join(" ")} was not understood`);
  }
  return value;
}

function known(value: number): Operand {
  return { value, isEmpty: false };
}

function both(
  operate: ((a: number, b: number) => number | boolean) | undefined,
  { value: a, ...left }: Operand,
  { value: b, ...right }: Operand,
): Operand {
  const value = operate === undefined || a === undefined || b === undefined ? NaN : Number(operate(a, b));
  return { value: Number.isFinite(value) ? value : undefined, isEmpty: left.isEmpty || right.isEmpty };
}

const MISSING: Operand = { value: undefined, isEmpty: false };

function call(name: string, [first = MISSING, second = MISSING, third = MISSING]: readonly Operand[]): Operand {
  switch (name) {
    case "IF":
      return first.value === undefined ? first : first.value !== 0 ? second : third;
    case "FILL":
      return first.isEmpty || first.value !== undefined ? first : second;
    default:
      throw new Error(`${name} is not simulated`);
  }
}
