import { REFERENCES, type Reference } from "./referenceTable";
import { Refusal } from "./refusal";
import { isUnknown, text, valuesAt, type Values } from "./values";
import type { Entity, World } from "./world";

/** @throws Refusal for the first input that refers to what does not exist */
export function checkReferences(world: World, type: string, region: string | null, inputs: Values): void {
  for (const reference of REFERENCES.filter(({ from }) => from === type)) {
    const [code, words] = reference.missing;
    for (const value of valuesAt(inputs, reference.path)) {
      if (isUnknown(value)) {
        throw new Error(`${reference.path} is not known although this is no preview`);
      }
      if (!world.ofType(reference.to).some((target) => refersTo(reference, region, text(value), target))) {
        throw new Refusal(code, `${words} ${text(value)}`);
      }
    }
  }
}

/** What refers to an entity, and how; `anyRegion` aside, only from its own region. */
export function referrers(
  world: World,
  target: Entity,
): readonly { readonly reference: Reference; readonly by: Entity }[] {
  return REFERENCES.filter(({ to }) => to === target.type).flatMap((reference) =>
    world
      .ofType(reference.from)
      .filter(
        (each) =>
          each !== target &&
          valuesAt(each.properties, reference.path).some((value) =>
            refersTo(reference, each.region, text(value), target),
          ),
      )
      .map((by) => ({ reference, by })),
  );
}

function refersTo({ by, anyRegion }: Reference, from: string | null, value: string, target: Entity): boolean {
  const meant = by === undefined ? target.id : target.properties[by];
  return meant === value && (anyRegion === true || target.region === null || target.region === from);
}
