import type { Refusal } from "./refusal";
import type { Values } from "./values";
import type { Entity, World } from "./world";

/** Brings to life what the program declares, where it is to do more than satisfy the engine: the lab has one. */
export interface Live {
  /** What the program's own questions to AWS need in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * After something was made or changed; the engine waits for it as it waits for AWS.
   *
   * @param inputs as the engine sends them, with secrets and files
   * @returns what went wrong then
   */
  readonly changed: (entity: Entity, inputs: Values) => Promise<Refusal | undefined>;
  /** Before something goes. */
  readonly leaving: (entity: Entity) => Promise<void>;
}

export type Enliven = (world: World) => Live;
