import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Refusal } from "./refusal";

const faultSchema = z.strictObject({
  method: z.enum(["create", "read", "update", "delete"]),
  /** Type token; `*` is any. */
  type: z.string(),
  /** Logical name; any when left out. */
  name: z.string().optional(),
  /**
   * `fail`: AWS refuses, nothing is done; `fail-late`: it is done, and then the provider fails; `throttle`: the provider
   * is told to slow down `retries` times before the call passes; `slow`: the call takes `ms` longer; `held`: it goes on
   * when the fault is taken out of the file.
   */
  effect: z.enum(["fail", "fail-late", "throttle", "slow", "held"]),
  /** The first call that is hit, counted from 1 over all calls that fit. */
  nth: z.int().min(1).default(1),
  /** Calls that are hit. */
  times: z.int().min(1).default(1),
  /** Milliseconds of `slow`, and between two tries of `throttle`. */
  ms: z.int().min(0).default(100),
  retries: z.int().min(1).default(3),
  /** AWS's code of `fail` and `fail-late`. */
  code: z.string().default("InternalError"),
  /** Calls that fitted so far; the stand-in counts here, so that a restart forgets nothing. */
  seen: z.int().min(0).default(0),
});

/** Milliseconds between two looks at whether a held call may go on. */
const LOOK = 50;

/** A fault as written into the file. */
export type Fault = z.input<typeof faultSchema>;
type Planned = z.output<typeof faultSchema>;

export type Method = Fault["method"];

/** Faults that are asked for in `faults.json` of the sandbox's folder: a list of `Fault`. Read anew at every call. */
export class Faults {
  private readonly file: string;

  constructor(folder: string) {
    this.file = path.join(folder, "faults.json");
  }

  /**
   * Lets what is planned for this call happen.
   *
   * @param retried told of every try that was throttled
   * @returns the error with which the call must fail after it was done, if any
   * @throws Refusal when the call must fail before anything is done
   */
  async strike(
    call: { readonly method: Method; readonly type: string; readonly name: string },
    retried: () => void,
  ): Promise<Refusal | undefined> {
    let late: Refusal | undefined;
    for (const fault of this.hits(call)) {
      const error = new Refusal(fault.code, "a fault that faults.json asks for");
      switch (fault.effect) {
        case "fail":
          throw error;
        case "fail-late":
          late = error;
          break;
        case "slow":
          await sleep(fault.ms);
          break;
        case "throttle":
          for (let i = 0; i < fault.retries; i++) {
            retried();
            await sleep(fault.ms);
          }
          break;
        case "held":
          await this.release(fault);
          break;
        default:
          fault.effect satisfies never;
      }
    }
    return late;
  }

  /** Waits until the file no longer asks for a fault, or is gone. */
  private async release({ effect, method, type, name }: Planned): Promise<void> {
    const isSame = (other: Planned) =>
      other.effect === effect && other.method === method && other.type === type && other.name === name;
    while (this.planned().some(isSame)) {
      await sleep(LOOK);
    }
  }

  private planned(): readonly Planned[] {
    return existsSync(this.file) ? z.array(faultSchema).parse(JSON.parse(readFileSync(this.file, "utf8"))) : [];
  }

  /** Faults that hit this call; counts it. */
  private hits(call: { readonly method: Method; readonly type: string; readonly name: string }): readonly Planned[] {
    const faults = this.planned();
    if (faults.length === 0) {
      return [];
    }
    const fits = (fault: Planned) =>
      fault.method === call.method &&
      (fault.type === "*" || fault.type === call.type) &&
      (fault.name === undefined || fault.name === call.name);
    const counted = faults.map((fault) => (fits(fault) ? { ...fault, seen: fault.seen + 1 } : fault));
    writeFileSync(`${this.file}.new`, `${JSON.stringify(counted, null, 2)}\n`);
    renameSync(`${this.file}.new`, this.file);
    return counted.filter((fault) => fits(fault) && fault.seen >= fault.nth && fault.seen < fault.nth + fault.times);
  }
}
