import type { Recording, Registration } from "../../infra/plan/harness";
import type { JsonValue } from "../../infra/plan/wire";

/** What stands at a path of a value; undefined where the path leads nowhere. */
export function at(value: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, step) => {
    if (isList(inner)) {
      return inner[Number(step)];
    }
    return isRecord(inner) && Object.hasOwn(inner, step) ? inner[step] : undefined;
  }, value);
}

/** A value as text: a text as it is, nothing as the empty text, all else as JSON. */
export function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}

/** The elements of a list; one value is a list of itself, as in IAM's documents, and nothing is none. */
export function list(value: JsonValue | undefined): readonly JsonValue[] {
  return isList(value) ? value : value === undefined || value === null ? [] : [value];
}

export function isRecord(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !isList(value);
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Every text in a value, keys included, with the path at which it stands. */
export function texts(value: JsonValue | undefined, path = ""): readonly { path: string; text: string }[] {
  if (typeof value === "string") {
    return [{ path, text: value }];
  }
  if (isList(value)) {
    return value.flatMap((each, index) => texts(each, `${path}[${String(index)}]`));
  }
  return isRecord(value)
    ? Object.entries(value).flatMap(([key, each]) => [
        { path: `${path}{${key}}`, text: key },
        ...texts(each, path === "" ? key : `${path}.${key}`),
      ])
    : [];
}

/** A text as it is, and as it reads decoded from base64: user data travels so. */
export function readings(text: string): readonly string[] {
  return text.length >= 8 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
    ? [text, Buffer.from(text, "base64").toString("latin1")]
    : [text];
}

/** The place of every registration in the footprint, by URN. */
export type Place = "global" | { readonly kind: "pop" | "routing"; readonly region: string };

/** Where everything belongs: to a PoP, to the DNS of a PoP, or to what is global. */
export function places(recording: Recording): ReadonlyMap<string, Place> {
  const byUrn = new Map(recording.registrations.map((each) => [each.urn, each]));
  const found = new Map<string, Place>();
  const place = (each: Registration): Place => {
    const known = found.get(each.urn);
    if (known !== undefined) {
      return known;
    }
    const above = each.parent === null ? undefined : byUrn.get(each.parent);
    const own = KINDS.get(each.type);
    const here: Place =
      own === undefined
        ? above === undefined
          ? "global"
          : place(above)
        : { kind: own, region: text(each.inputs.region) };
    found.set(each.urn, here);
    return here;
  };
  recording.registrations.forEach(place);
  return found;
}

const KINDS: ReadonlyMap<string, "pop" | "routing"> = new Map([
  ["footprint:pop:Pop", "pop"],
  ["footprint:popRouting:PopRouting", "routing"],
]);

type Inputs = Registration["inputs"];

/** A recording in which one registration, the first that fits, has other inputs. */
export function doctored(
  recording: Recording,
  type: string,
  inputs: (former: Inputs) => Inputs,
  fits: (registration: Registration) => boolean = () => true,
): Recording {
  const victim = recording.registrations.find((each) => each.type === type && fits(each));
  if (victim === undefined) {
    throw new Error(`nothing to doctor: no ${type} fits`);
  }
  return {
    ...recording,
    registrations: recording.registrations.map((each) =>
      each === victim ? { ...each, inputs: inputs(each.inputs) } : each,
    ),
  };
}

/** A recording with one more resource. */
export function enlarged(recording: Recording, type: string, inputs: Inputs): Recording {
  const made: Registration = {
    type,
    name: "added",
    urn: `urn:pulumi:test::footprint::${type}::added`,
    parent: null,
    custom: true,
    inputs,
    options: {},
    dependencies: [],
  };
  return { ...recording, registrations: [...recording.registrations, made] };
}
