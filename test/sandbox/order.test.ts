import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { record, type Recording, type Registration } from "../../infra/plan/harness";
import { secretOnWire, type JsonValue } from "../../infra/plan/wire";
import { checked } from "../../infra/sandbox/aws/check";
import { Cloud } from "../../infra/sandbox/aws/cloud";
import { kindOf } from "../../infra/sandbox/aws/kinds";
import { isList, isRecord, plainValues, type Values } from "../../infra/sandbox/aws/values";
import { World, type Entity } from "../../infra/sandbox/aws/world";
import program from "../../infra/index";
import { small, valuesOf, type StackInput } from "../support/stacks";

/** Every resource that a footprint registers, made by the stand-in in the order of the program. */
class Rehearsal {
  private readonly inputs = new Map<string, Values>();
  private readonly ids = new Map<string, string>();
  private readonly folder = mkdtempSync(path.join(tmpdir(), "footprint-order-"));
  private readonly cloud = new Cloud(new World(this.folder), "test");
  /** All that there is when everything is made. */
  private whole: readonly Entity[] = [];
  private recording: Recording = { registrations: [], outputs: null };

  static async of(input: StackInput): Promise<Rehearsal> {
    const rehearsal = new Rehearsal();
    rehearsal.cloud.settings = { region: "us-east-1", defaultTags: {} };
    rehearsal.recording = await record(program, {
      config: valuesOf(input),
      computed: (registration) => (registration.custom ? rehearsal.make(registration) : {}),
    });
    rehearsal.whole = rehearsal.cloud.world.entities();
    return rehearsal;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  get resources(): readonly Registration[] {
    return this.recording.registrations.filter(({ custom }) => custom);
  }

  /** Makes a resource when nothing is there but what it depends on. @returns `made`, or why not */
  makeAlone(resource: Registration): string {
    this.clear();
    const needed = this.reached(resource, ({ dependencies }) => dependencies);
    try {
      for (const each of this.resources.filter(({ urn }) => needed.has(urn))) {
        this.cloud.create(each, this.inputs.get(each.urn)!, false);
      }
      this.cloud.create(resource, this.inputs.get(resource.urn)!, false);
      return "made";
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Deletes a resource when all is there but what depends on it. @returns `deleted`, or why not */
  deleteFirst(resource: Registration): string {
    this.restore();
    const dependants = this.reached(resource, ({ urn }) =>
      this.resources.filter(({ dependencies }) => dependencies.includes(urn)).map((each) => each.urn),
    );
    try {
      for (const each of [...this.resources.filter(({ urn }) => dependants.has(urn)).reverse(), resource]) {
        if (each.options.retainOnDelete !== true) {
          const id = this.ids.get(each.urn)!;
          this.cloud.delete(each, id, plainValues(this.inputs.get(each.urn)!));
        }
      }
      return "deleted";
    } catch (error) {
      return (error as Error).message;
    }
  }

  private restore(): void {
    for (const each of this.whole.filter((entity) => this.cloud.world.get(entity) !== entity)) {
      this.cloud.world.put(each);
    }
  }

  private clear(): void {
    this.cloud.world.entities().forEach((each) => {
      this.cloud.world.remove(each);
    });
    this.cloud.world.put({
      type: "aws:route53/zone:Zone",
      id: "Z0123456789ABCDEFGHIJ",
      region: null,
      urn: null,
      properties: { name: "example.com" },
      given: [],
      secrets: [],
    });
  }

  private make(registration: Registration): Record<string, JsonValue> {
    if (this.ids.size === 0) {
      this.clear();
    }
    const { inputs } = checked(kindOf(registration.type), {}, onWire(registration.inputs) as Values, {
      logicalName: registration.name,
      randomSeed: new Uint8Array(32),
    });
    const { id, properties } = this.cloud.create(registration, inputs, false);
    this.inputs.set(registration.urn, inputs);
    this.ids.set(registration.urn, id);
    return { ...properties, id };
  }

  /** URNs that are reached from a resource, itself left out. */
  private reached(from: Registration, next: (resource: Registration) => readonly string[]): ReadonlySet<string> {
    const byUrn = new Map(this.resources.map((each) => [each.urn, each]));
    const found = new Set<string>();
    const visit = (resource: Registration) => {
      for (const urn of next(resource)) {
        const there = byUrn.get(urn);
        if (there !== undefined && !found.has(urn)) {
          found.add(urn);
          visit(there);
        }
      }
    };
    visit(from);
    return found;
  }
}

/** Recorded inputs as they travel. */
function onWire(value: JsonValue): JsonValue {
  if (isList(value)) {
    return value.map(onWire);
  }
  if (!isRecord(value)) {
    return value;
  }
  return value.$secret === undefined
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, onWire(inner)]))
    : secretOnWire(value.$secret);
}

describe.each(["nat", "direct"])("a footprint with %s egress", (egress) => {
  let rehearsal: Rehearsal;

  beforeAll(async () => {
    rehearsal = await Rehearsal.of({ ...small({ "eu-central-1": { egress } }), protection: false });
  });

  afterAll(() => {
    rehearsal.close();
  });

  it("names as dependencies all that a resource needs to be made", () => {
    const outcomes = rehearsal.resources.map((each) => `${each.type} ${each.name}: ${rehearsal.makeAlone(each)}`);

    expect(outcomes.filter((each) => !each.endsWith(": made"))).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(80);
  });

  it("names as dependencies all that stands in the way of a deletion", () => {
    const outcomes = rehearsal.resources.map((each) => `${each.type} ${each.name}: ${rehearsal.deleteFirst(each)}`);

    expect(outcomes.filter((each) => !each.endsWith(": deleted"))).toEqual([]);
  });
});
