import type { Refusal } from "./refusal";
import { valuesAt, text, type Values } from "./values";
import type { Entity, World } from "./world";

/** What a rule is told of a create or an update. */
export interface Call {
  readonly world: World;
  /** Null for what is global. */
  readonly region: string | null;
  /** Known and without marks; what they refer to exists. */
  readonly inputs: Values;
  /** What is there before an update. */
  readonly former: Entity | undefined;
}

/** One thing that AWS refuses, beside references to what is not there. */
export interface Rule {
  /** AWS's code and what it is about. */
  readonly id: string;
  readonly type: string;
  /** The refusal, or undefined when the call may pass. */
  readonly refuses: (call: Call) => Refusal | undefined;
}

/** Entities of a type in the region of the call, without the one that is being changed. */
export function others({ world, region, former }: Call, type: string): readonly Entity[] {
  return world.inRegion(type, region).filter((each) => each !== former);
}

/** Entities of a type in the region whose ids stand at a path of the inputs. */
export function targets(
  { world, region, inputs }: Pick<Call, "world" | "region" | "inputs">,
  path: string,
  type: string,
) {
  const ids = valuesAt(inputs, path).map(text);
  return world.inRegion(type, region).filter(({ id }) => ids.includes(id));
}

/** Has another of the type in the region the name that is asked for? */
export function nameTaken(call: Call, type: string): boolean {
  return others(call, type).some(({ properties }) => properties.name === call.inputs.name);
}
