// CloudWatch's metric math, as far as the program's alarms and policies use it ("Using math expressions with CloudWatch
// metrics"): numbers, ids, + - * /, comparisons, IF and FILL. Pure.

/** What an id is at one moment; undefined: there is no value. */
export type Lookup = (id: string) => number | undefined;

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z]\w*)|(>=|<=|==|!=|[-+*/<>(),]))/y;

const OPERATORS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  {
    ">": (a, b) => Number(a > b),
    ">=": (a, b) => Number(a >= b),
    "<": (a, b) => Number(a < b),
    "<=": (a, b) => Number(a <= b),
    "==": (a, b) => Number(a === b),
    "!=": (a, b) => Number(a !== b),
  },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => a / b },
];

/**
 * Value of an expression at one moment; undefined where a value that it needs is missing, or it divides by zero.
 *
 * @throws Error for what it does not know
 */
export function evaluate(expression: string, lookup: Lookup): number | undefined {
  const tokens = tokensOf(expression);
  const take = (wanted: string): void => {
    const got = tokens.shift();
    if (got !== wanted) {
      throw new Error(`${expression}: "${wanted}" is expected, not "${got ?? "the end"}"`);
    }
  };
  const level = (depth: number): number | undefined => {
    const operators = OPERATORS[depth];
    if (operators === undefined) {
      return operand();
    }
    let value = level(depth + 1);
    for (let operator = operators[tokens[0] ?? ""]; operator !== undefined; operator = operators[tokens[0] ?? ""]) {
      tokens.shift();
      const other = level(depth + 1);
      value = value === undefined || other === undefined ? undefined : finite(operator(value, other));
    }
    return value;
  };
  const operand = (): number | undefined => {
    const token = tokens.shift() ?? "";
    switch (token) {
      case "(": {
        const value = level(0);
        take(")");
        return value;
      }
      case "-": {
        const value = operand();
        return value === undefined ? undefined : -value;
      }
      case "IF":
      case "FILL":
        return called(token);
      default:
        return /^\d/.test(token) ? Number(token) : lookup(token);
    }
  };
  const called = (name: "IF" | "FILL"): number | undefined => {
    take("(");
    const values = [level(0)];
    while (tokens[0] === ",") {
      take(",");
      values.push(level(0));
    }
    take(")");
    const [first, second, third] = values;
    if (name === "FILL") {
      return first ?? second;
    }
    return first === undefined ? undefined : first !== 0 ? second : third;
  };
  const value = level(0);
  if (tokens.length > 0) {
    throw new Error(`${expression}: "${tokens[0] ?? ""}" is not expected`);
  }
  return value;
}

function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const [, number, id, sign] = TOKEN.exec(expression) ?? [];
    const token = number ?? id ?? sign;
    if (token === undefined) {
      throw new Error(`${expression}: "${expression.slice(at)}" is not understood`);
    }
    tokens.push(token);
  }
  return tokens;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
