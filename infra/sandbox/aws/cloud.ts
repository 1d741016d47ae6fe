import type { JsonValue } from "../../plan/wire";
import { afterUpdate } from "./afterUpdate";
import { deleteEntity } from "./deletion";
import { difference } from "./diff";
import { takeEffect } from "./effects";
import { digits, type Context, type Kind } from "./kind";
import { kindOf } from "./kinds";
import { checkReferences } from "./references";
import { Refusal } from "./refusal";
import { checkRules } from "./rules";
import { isRecord, isSecret, isUnknown, plain, plainValues, same, sealed, text, UNKNOWN, withSecrets } from "./values";
import type { Values } from "./values";
import type { Entity, World } from "./world";

/** A resource of the engine. */
export interface Target {
  readonly type: string;
  readonly urn: string;
}

/** What the provider is configured with. */
export interface Settings {
  /** Of what names no region. */
  readonly region: string;
  readonly defaultTags: Values;
}

export interface Made {
  readonly id: string;
  /** As they go to the engine: secrets marked, unknowns only in a preview. */
  readonly properties: Values;
  /** What failed after it was done: the engine keeps the new inputs, and the next update finds nothing to change. */
  readonly late?: Refusal;
}

/** Shown for a secret that is no longer what the engine knows: the stand-in keeps no secret that it could tell. */
const CHANGED_SECRET = "changed behind the engine's back";

/** The calls of a provider, carried out on a world. Values come and go as they travel, secrets and all. */
export class Cloud {
  /** Set by the engine before any other call. */
  settings: Settings = { region: "", defaultTags: {} };

  constructor(
    readonly world: World,
    private readonly seed: string,
  ) {}

  /**
   * Region of a resource: its own, else the provider's; null for what is global.
   *
   * @throws Error when there is neither
   */
  regionOf(type: string, values: Values): string | null {
    if (!kindOf(type).regional) {
      return null;
    }
    const region = text(plain(values.region ?? null));
    if (region === "" && this.settings.region === "") {
      throw new Error("no region: set aws:region in the stack's configuration, or region on the resource");
    }
    return region === "" ? this.settings.region : region;
  }

  /** @throws Refusal when AWS would not create it */
  create(target: Target, inputs: Values, preview: boolean): Made {
    const kind = kindOf(target.type);
    const context = this.context(target, inputs, undefined, []);
    if (preview) {
      return { id: "", properties: told(kind, inputs, this.properties(kind, context, "all")) };
    }
    if (kind.stateOnly === true) {
      return this.made(kind, inputs, this.identified(kind, target.type, context));
    }
    this.check(target.type, context);
    const identified = this.identified(kind, target.type, context);
    this.keep(kind, target, inputs, identified);
    return this.made(kind, inputs, identified);
  }

  /**
   * @param known the engine's state, whose outputs may be older than what is there
   * @throws Refusal when AWS would not change it, or when it is gone
   */
  update(target: Target, id: string, known: Values, oldInputs: Values, inputs: Values, preview: boolean): Made {
    const kind = kindOf(target.type);
    const former = this.find(target.type, id, inputs);
    if (former === undefined) {
      throw new Refusal("ResourceNotFound", `${id} does not exist`);
    }
    const { changed } = difference(target.type, plainValues(oldInputs), plainValues(inputs));
    const context = this.withId(this.context(target, inputs, former, changed), id);
    if (preview) {
      return { id, properties: told(kind, inputs, this.properties(kind, context, kind.renewed?.(changed) ?? [])) };
    }
    this.check(target.type, context);
    this.keep(kind, target, inputs, context);
    const late = afterUpdate(target.type, {
      ...context,
      known: plainValues(known),
      now: this.find(target.type, id, inputs)?.properties ?? {},
    });
    return { ...this.made(kind, inputs, context), ...(late === undefined ? {} : { late }) };
  }

  /** What is there now; undefined when it is gone. `known` is the engine's state: the stand-in keeps no secret. */
  read(target: Target, id: string, known: Values, inputs: Values): (Made & { readonly inputs: Values }) | undefined {
    if (kindOf(target.type).stateOnly === true) {
      return { id, properties: known, inputs };
    }
    const isImport = Object.keys(known).length === 0;
    // An import says where: `vpc-0123@eu-central-1`.
    const [bareId = id, region] = isImport ? id.split("@") : [id];
    const entity = this.find(target.type, bareId, region === undefined ? known : { region });
    if (entity === undefined) {
      return undefined;
    }
    const secret = new Set(entity.secrets);
    const opened = Object.fromEntries(
      Object.entries(entity.properties).map(([key, value]) => [
        key,
        secret.has(key) ? unsealed(value, plain(known[key] ?? null)) : value,
      ]),
    );
    const properties = withSecrets(opened, secret);
    const given = isImport ? entity.given : Object.keys(inputs);
    return { id: bareId, properties, inputs: refreshed(inputs, given, opened, properties) };
  }

  /** @throws Refusal when AWS would not delete it; what is gone already needs no deleting */
  delete(target: Target, id: string, known: Values): void {
    const entity = kindOf(target.type).stateOnly === true ? undefined : this.find(target.type, id, known);
    if (entity !== undefined) {
      deleteEntity(this.world, entity);
    }
  }

  private find(type: string, id: string, values: Values): Entity | undefined {
    return this.world.get({ type, id, region: this.regionOf(type, values) });
  }

  private check(type: string, { region, inputs, former }: Context): void {
    const place = kindOf(type).regional ? region : null;
    checkReferences(this.world, type, place, inputs);
    checkRules(type, { world: this.world, region: place, inputs, former });
  }

  private context(target: Target, inputs: Values, former: Entity | undefined, changed: readonly string[]): Context {
    const given = plainValues(inputs);
    delete given.__defaults;
    return {
      // What was made under one URN keeps its computed values when the URN changes by an alias.
      urn: former?.urn ?? target.urn,
      id: "",
      region: this.regionOf(target.type, inputs) ?? "",
      inputs: given,
      world: this.world,
      former,
      changed,
      hex: (label, count) => digits(this.seed, [target.urn, label], count),
      sharedHex: (label, count) => digits(this.seed, ["shared", label], count),
    };
  }

  private withId(context: Context, id: string): Context {
    return { ...context, id, hex: (label, count) => digits(this.seed, [context.urn, id, label], count) };
  }

  /** The same with a new id, or with the one that the inputs name. */
  private identified(kind: Kind, type: string, context: Context): Context {
    const candidate = (attempt: number) =>
      kind.id({
        ...context,
        hex: (label, count) => digits(this.seed, [context.urn, `attempt ${attempt}`, label], count),
      });
    const isTaken = (id: string) =>
      this.world.get({ type, id, region: kind.regional ? context.region : null }) !== undefined;
    // A replacement is made under the same URN while the former one is still there: it must get another id.
    let attempt = 0;
    while (isTaken(candidate(attempt)) && candidate(attempt) !== candidate(attempt + 1)) {
      attempt++;
    }
    return this.withId(context, candidate(attempt));
  }

  /** Outputs, some of them, or all that AWS computes, unknown. */
  private properties(kind: Kind, context: Context, unknown: readonly string[] | "all"): Record<string, JsonValue> {
    const computed = Object.entries({ id: context.id, ...kind.computed?.(context) }).map(
      ([key, value]): [string, JsonValue] => [
        key,
        unknown === "all" || unknown.includes(key) || isUnknown(value) ? UNKNOWN : value,
      ],
    );
    return {
      ...Object.fromEntries(computed),
      ...(kind.regional ? { region: context.region } : {}),
      ...(kind.tagged === true ? { tagsAll: this.allTags(context.inputs.tags) } : {}),
      ...context.inputs,
    };
  }

  private allTags(tags: JsonValue | undefined): JsonValue {
    return isUnknown(tags) ? UNKNOWN : { ...this.settings.defaultTags, ...(isRecord(tags) ? tags : {}) };
  }

  private made(kind: Kind, inputs: Values, context: Context): Made {
    return { id: context.id, properties: told(kind, inputs, this.properties(kind, context, [])) };
  }

  private keep(kind: Kind, { type }: Target, inputs: Values, context: Context): void {
    const secrets = secretKeys(kind, inputs);
    const properties = Object.fromEntries(
      Object.entries(this.properties(kind, context, [])).map(([key, value]) => [
        key,
        secrets.has(key) ? sealed(value) : value,
      ]),
    );
    const { objects, healthy, launched } = context.former ?? {};
    const entity: Entity = {
      type,
      id: context.id,
      region: kind.regional ? context.region : null,
      urn: context.urn,
      properties,
      given: Object.keys(context.inputs),
      secrets: [...secrets].filter((key) => properties[key] !== undefined),
      ...(objects === undefined ? {} : { objects }),
      ...(healthy === undefined ? {} : { healthy }),
      ...(launched === undefined ? {} : { launched }),
    };
    this.world.put(entity);
    takeEffect(this.world, entity);
  }
}

function secretKeys(kind: Kind, inputs: Values): ReadonlySet<string> {
  return new Set([...Object.keys(inputs).filter((key) => isSecret(inputs[key])), ...(kind.secretOutputs ?? [])]);
}

function told(kind: Kind, inputs: Values, properties: Values): Values {
  return withSecrets(properties, secretKeys(kind, inputs));
}

function unsealed(seal: JsonValue, known: JsonValue): JsonValue {
  return same(seal, sealed(known)) ? known : CHANGED_SECRET;
}

/** Inputs as they would be if the program had asked for what is there; untouched where nothing has changed. */
function refreshed(inputs: Values, given: readonly string[], opened: Values, properties: Values): Values {
  return Object.fromEntries(
    given.flatMap((key) => {
      const former = inputs[key];
      if (key === "__defaults" || (former !== undefined && same(plain(former), opened[key]))) {
        return former === undefined ? [] : [[key, former]];
      }
      const now = properties[key];
      return now === undefined ? [] : [[key, now]];
    }),
  );
}
