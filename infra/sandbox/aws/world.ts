import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import type { Values } from "./values";

/** Something that exists in the stand-in's AWS. */
export interface Entity {
  readonly type: string;
  readonly id: string;
  /** Null for what is global. */
  readonly region: string | null;
  /** Resource of the engine that made it last; null for what was there before. */
  readonly urn: string | null;
  /** As the provider tells the engine, but that of a secret only a seal is kept. */
  readonly properties: Values;
  /** Names of the properties that the program gave; all others AWS computed. */
  readonly given: readonly string[];
  /** Names of the properties that are secret. */
  readonly secrets: readonly string[];
  /** What others than the engine have put into a bucket. */
  readonly objects?: readonly string[];
  /** Nodes of a group that are healthy in the load balancer. Left out: all that the group wants. */
  readonly healthy?: number;
  /** What a group's nodes were launched by, before an instance refresh that is under way. Left out: by what it has now. */
  readonly launched?: { readonly version: string; readonly publicAddresses: boolean };
}

const entitySchema = z.object({
  type: z.string(),
  id: z.string(),
  region: z.string().nullable(),
  urn: z.string().nullable(),
  properties: z.record(z.string(), z.json()),
  given: z.array(z.string()),
  secrets: z.array(z.string()),
  objects: z.array(z.string()).optional(),
  healthy: z.int().min(0).optional(),
  launched: z.object({ version: z.string(), publicAddresses: z.boolean() }).optional(),
});

type Address = Pick<Entity, "type" | "id" | "region">;

/**
 * All that exists, in memory and in a folder: one JSON file per entity at `<region>/<type>/<id>.<hash>.json`, so that a
 * change behind the engine's back is an edit of a small file. `load` sees such edits.
 */
export class World {
  private readonly byType = new Map<string, Map<string, Entity>>();

  constructor(private readonly folder: string) {
    this.load();
  }

  /** Reads the folder anew. */
  load(): void {
    this.byType.clear();
    mkdirSync(this.folder, { recursive: true });
    for (const file of readdirSync(this.folder, { recursive: true, encoding: "utf8" }).sort()) {
      if (file.endsWith(".json")) {
        this.remember(parsed(path.join(this.folder, file)));
      }
    }
  }

  entities(): readonly Entity[] {
    return [...this.byType.values()].flatMap((entities) => [...entities.values()]);
  }

  ofType(type: string): readonly Entity[] {
    return [...(this.byType.get(type)?.values() ?? [])];
  }

  /** Entities of a type in a region; null finds what is global. */
  inRegion(type: string, region: string | null): readonly Entity[] {
    return this.ofType(type).filter((each) => each.region === region);
  }

  get(address: Address): Entity | undefined {
    return this.byType.get(address.type)?.get(key(address));
  }

  put(entity: Entity): void {
    this.remember(entity);
    const file = this.file(entity);
    mkdirSync(path.dirname(file), { recursive: true });
    // Renamed into place: who reads meanwhile, or after a crash, finds the former file or the new one.
    writeFileSync(`${file}.new`, `${JSON.stringify(entity, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  }

  remove(address: Address): void {
    this.byType.get(address.type)?.delete(key(address));
    rmSync(this.file(address), { force: true });
  }

  private remember(entity: Entity): void {
    const entities = this.byType.get(entity.type) ?? new Map<string, Entity>();
    entities.set(key(entity), entity);
    this.byType.set(entity.type, entities);
  }

  private file({ type, id, region }: Address): string {
    const short = type.slice(type.lastIndexOf(":") + 1);
    const hash = createHash("sha256").update(id).digest("hex").slice(0, 8);
    // Ids hold colons, slashes and asterisks, and may be longer than a file's name.
    const readable = id.replace(/[^\w.-]+/g, "_").slice(-80);
    return path.join(this.folder, region ?? "global", short, `${readable}.${hash}.json`);
  }
}

function key({ region, id }: Address): string {
  return `${region ?? "global"} ${id}`;
}

function parsed(file: string): Entity {
  try {
    const { objects, healthy, ...entity } = entitySchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return {
      ...entity,
      ...(objects === undefined ? {} : { objects }),
      ...(healthy === undefined ? {} : { healthy }),
    };
  } catch (error) {
    throw new Error(`${file}: holds nothing that the stand-in has written (${String(error)})`, { cause: error });
  }
}
