import table from "./data/instanceTypes.json";

/** What is known of one EC2 instance type. */
export interface InstanceType {
  readonly vcpu: number;
  readonly memoryMiB: number;
  readonly architecture: "arm64" | "x86_64";
  /** Instance storage (NVMe), 0 where there is none. */
  readonly nvmeGB: number;
  /**
   * Bandwidth that the type sustains, Gbit/s. "Up to" figures are bursts paid from credits, so capacity is counted
   * with this one.
   */
  readonly baselineGbps: number;
}

type Row = Omit<InstanceType, "architecture">;

const arm64: Readonly<Record<string, Row>> = table.architectures.arm64;
const x86: Readonly<Record<string, Row>> = table.architectures.x86_64;

/** The instance type of that name; undefined when the table (`source` in its file) does not have it. */
export function instanceType(name: string): InstanceType | undefined {
  if (Object.hasOwn(arm64, name)) {
    return describe(arm64[name], "arm64");
  }
  return Object.hasOwn(x86, name) ? describe(x86[name], "x86_64") : undefined;
}

/** Every name of the table, in code-unit order. */
export function instanceTypeNames(): readonly string[] {
  return [...Object.keys(arm64), ...Object.keys(x86)].sort();
}

function describe(row: Row | undefined, architecture: InstanceType["architecture"]): InstanceType | undefined {
  return row === undefined ? undefined : { ...row, architecture };
}
