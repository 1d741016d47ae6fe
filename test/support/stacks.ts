import * as path from "node:path";
import { stackConfigFromFile } from "../../infra/config/stackFile";
import { record, type Recording, type Registration } from "../../infra/plan/harness";
import type { JsonValue } from "../../infra/plan/wire";
import program from "../../infra/index";
import { computed } from "./cloud";
import { recorded } from "./recordings";
import { repository } from "./tree";

/** The stacks of this repository. */
export const SHIPPED = ["sandbox", "europe", "global"] as const;

/** A stack's configuration as one would write it: keys of `footprint:`, values as YAML would give them. */
export type StackInput = Record<string, unknown> & { pops: Record<string, unknown> };

/** What the engine would hand to the program for such a configuration. */
export function valuesOf(input: StackInput): Record<string, string> {
  return {
    "aws:region": "us-east-1",
    ...Object.fromEntries(
      Object.entries(input).map(([key, value]) => [
        `footprint:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  };
}

/** A shipped stack's configuration, with image ids and a bucket of packages that a deployment would take. */
export function shipped(stack: string): StackInput {
  const values = stackConfigFromFile(path.join(repository, "stacks", `Pulumi.${stack}.yaml`));
  const entries = Object.entries(values).filter(([key]) => key.startsWith("footprint:"));
  const input = Object.fromEntries(entries.map(([key, text]) => [key.replace("footprint:", ""), parsed(text)]));
  const { image, pops } = input as { image: Record<string, string>; pops: Record<string, unknown> };
  const images = Object.fromEntries(Object.keys(image).map((region) => [region, IMAGE]));
  return { ...input, pops, image: images, packages: PACKAGES };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const IMAGE = "ami-0123456789abcdef0";
export const PACKAGES = { bucket: "my-edge-packages" };

/** A footprint of the given PoPs that is small, protected and complete. */
export function small(pops: Record<string, unknown>): StackInput {
  const regions = Object.keys(pops);
  return {
    zones: { "example.com": { id: "Z0123456789ABCDEFGHIJ" } },
    sites: { "cdn.example.com": { origin: "https://origin.example.org" } },
    image: Object.fromEntries(regions.map((region) => [region, IMAGE])),
    packages: PACKAGES,
    pops,
  };
}

/** What a preview would register: every computed value is unknown. */
export function preview(input: StackInput, stack = "test"): Promise<Recording> {
  return once(`preview ${stack}`, input, (config) => record(program, { stack, config }));
}

/** What an update would register, with a made-up cloud. */
export function update(input: StackInput, stack = "test"): Promise<Recording> {
  return once(`update ${stack}`, input, (config) => record(program, { stack, config, computed }));
}

const done = new Map<string, Promise<Recording>>();

/** A test file compares many changes with one footprint: it runs once, and is read once. */
function once(
  mode: string,
  input: StackInput,
  run: (config: Record<string, string>) => Promise<Recording>,
): Promise<Recording> {
  const config = valuesOf(input);
  const key = `${mode} ${JSON.stringify(config)}`;
  const recording = done.get(key) ?? recorded(key, () => run(config));
  done.set(key, recording);
  return recording;
}

/** A value of a registration's inputs as text. */
export function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function ofType(recording: Recording, type: string): Registration[] {
  return recording.registrations.filter((each) => each.type === type);
}

export interface Changes {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** `type name` of what differs between two recordings, in the order of URNs; the order of registration is nothing. */
export function changes(before: Recording, after: Recording): Changes {
  const index = ({ registrations }: Recording) => new Map(registrations.map((each) => [each.urn, each]));
  const [old, now] = [index(before), index(after)];
  const label = ({ type, name }: Registration) => `${type.slice(type.lastIndexOf(":") + 1)} ${name}`;
  const sorted = (registrations: Registration[]) => registrations.map(label).sort();
  return {
    added: sorted([...now.values()].filter(({ urn }) => !old.has(urn))),
    removed: sorted([...old.values()].filter(({ urn }) => !now.has(urn))),
    changed: sorted(
      [...now.values()].filter((each) => {
        const former = old.get(each.urn);
        return former !== undefined && JSON.stringify(former) !== JSON.stringify(each);
      }),
    ),
  };
}
