import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { record, type Registration } from "../../infra/plan/harness";
import type { JsonValue } from "../../infra/plan/wire";
import { computed } from "../support/cloud";

/** What a component registers when another project uses it. */
export class Alone {
  /** In the order of their URNs: that of registration is a matter of chance. */
  readonly registrations: readonly Registration[];

  constructor(
    registrations: readonly Registration[],
    /** What the program returned. */
    readonly outputs: JsonValue,
  ) {
    this.registrations = [...registrations].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  }

  /** All providers' resources of a kind, which is the last part of a type: `Subnet`. */
  all(kind: string): readonly Registration[] {
    return this.registrations.filter(({ type, custom }) => custom && type.endsWith(`:${kind}`));
  }

  component(name: string): Registration {
    const found = this.registrations.find((each) => !each.custom && each.name === name);
    if (found === undefined) {
      throw new Error(`no component "${name}"`);
    }
    return found;
  }

  one(kind: string, name: string): Registration {
    const found = this.all(kind).find((each) => each.name === name);
    if (found === undefined) {
      const names = this.all(kind).map((each) => each.name);
      throw new Error(`no ${kind} "${name}"; there are: ${names.join(", ")}`);
    }
    return found;
  }

  inputs(kind: string, name: string): Registration["inputs"] {
    return this.one(kind, name).inputs;
  }

  names(kind: string): readonly string[] {
    return this.all(kind).map(({ name }) => name);
  }

  /** Whether the one waits for the other, itself or by way of what it waits for. */
  waits(one: Registration, other: Registration): boolean {
    const byUrn = new Map(this.registrations.map((each) => [each.urn, each]));
    const reached = new Set<string>();
    const queue = [one];
    for (let each = queue.pop(); each !== undefined; each = queue.pop()) {
      const fresh = each.dependencies.filter((urn) => !reached.has(urn));
      fresh.forEach((urn) => reached.add(urn));
      queue.push(...fresh.flatMap((urn) => byUrn.get(urn) ?? []));
    }
    return reached.has(other.urn);
  }
}

/** Runs a program that holds a component and nothing of the Footprint, as in an update of a made-up cloud. */
export async function alone(program: () => unknown): Promise<Alone> {
  const { registrations, outputs } = await record(() => outputsOf(program), { computed });
  return new Alone(registrations, outputs);
}

/** The same as in a preview: nothing that a provider computes is known. */
export async function aloneInPreview(program: () => unknown): Promise<Alone> {
  const { registrations, outputs } = await record(() => outputsOf(program));
  return new Alone(registrations, outputs);
}

/** A program may be a component and nothing more; what it exports is then no concern. */
function outputsOf(program: () => unknown): unknown {
  const returned = program();
  return pulumi.Resource.isInstance(returned) ? undefined : returned;
}

/** Something that a component is told to wait for. */
export function standIn(name: string): pulumi.CustomResource {
  return new aws.sns.Topic(name);
}
