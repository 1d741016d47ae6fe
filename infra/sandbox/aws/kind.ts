import { createHmac } from "node:crypto";
import type { JsonValue } from "../../plan/wire";
import { text, type Values } from "./values";
import type { Entity, World } from "./world";

/** The account in which everything exists. */
export const ACCOUNT = "123456789012";

/** What a kind's functions are told of one resource. */
export interface Context {
  readonly urn: string;
  /** Empty while the id itself is being made. */
  readonly id: string;
  readonly region: string;
  readonly inputs: Values;
  readonly world: World;
  /** What was there before an update. */
  readonly former: Entity | undefined;
  /** Inputs that an update changes. */
  readonly changed: readonly string[];
  /** Digits that depend on the seed, the resource and the label only; hexadecimal, at most 64. */
  readonly hex: (label: string, digits: number) => string;
  /** The same for what several resources share: the label alone decides. */
  readonly sharedHex: (label: string, digits: number) => string;
}

/** How the provider makes a name from the logical one, when the program gives none. */
export interface Naming {
  readonly property: string;
  /** Characters at most, the suffix included. */
  readonly longest: number;
  readonly lowerCase?: true;
}

/** One type of resource, as the provider treats it; what it may refer to and what is refused stands in other tables. */
export interface Kind {
  readonly regional: boolean;
  readonly naming?: Naming;
  /** Inputs that the provider fills in when the program leaves them out. */
  readonly defaults?: Values;
  readonly id: (context: Context) => string;
  /** Outputs that AWS decides. An input of the same name wins. */
  readonly computed?: (context: Context) => Record<string, JsonValue>;
  /** Outputs that an update of these inputs makes anew: unknown in its preview. */
  readonly renewed?: (changed: readonly string[]) => readonly string[];
  /** Outputs that are secret whatever the program says. */
  readonly secretOutputs?: readonly string[];
  /** Has `tagsAll`: the tags and the provider's default tags. */
  readonly tagged?: true;
  /** Exists in the engine's state only. */
  readonly stateOnly?: true;
}

export type Kinds = Readonly<Record<string, Kind>>;

/** Deterministic digits: the same for the same seed and parts, on every machine. */
export function digits(seed: string, parts: readonly string[], count: number): string {
  return createHmac("sha256", seed).update(parts.join("\n")).digest("hex").slice(0, count);
}

/** Digits as a number below a limit. */
export function below(limit: number, hex: string): number {
  return Number.parseInt(hex.slice(0, 12), 16) % limit;
}

export function arn(service: string, region: string, resource: string): string {
  return `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
}

/** An id such as EC2's: a prefix and 17 hexadecimal digits. */
export function ec2Id(prefix: string): (context: Context) => string {
  return ({ hex }) => `${prefix}-${hex(prefix, 17)}`;
}

/** An id that is one of the inputs. */
export function inputId(property: string): (context: Context) => string {
  return ({ inputs }) => text(inputs[property]);
}

export function uuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

/** The first entity of a type in the region, one of whose properties has that value. */
export function having(
  { world, region }: Pick<Context, "world" | "region">,
  type: string,
  property: string,
  value: JsonValue | undefined,
): Entity | undefined {
  return value === undefined
    ? undefined
    : world.inRegion(type, region).find(({ properties }) => properties[property] === value);
}
