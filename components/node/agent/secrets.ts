import { chownSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { AGENT_FILES } from "../agentFiles";
import { ORIGIN_AUTH_FILE } from "../internalHeaders";
import { RING_PROOF_FILE, ringProof } from "../protocol/ringProof";
import { SHIELD_PROOF_FILE, shieldProof } from "../protocol/shieldProof";
import type { NodeReport } from "../protocol/nodeReport";
import type { Pointer, SecretRole } from "../protocol/pointer";
import { readIfThere, writeDurably } from "./durableFile";
import { HaproxyAway, type HaproxyRuntime } from "./haproxy";
import { reasonOf, type Log } from "./log";

/** Reads parameters by `name:version`, decrypted; what it cannot give it leaves out. Throws when it cannot be reached. */
export type ReadParameters = (selectors: readonly string[]) => Promise<ReadonlyMap<string, string>>;

export interface SecretsOptions {
  readonly region: string;
  readonly parameters: ReadParameters;
  readonly haproxy: Pick<HaproxyRuntime, "setMap" | "deleteMap" | "keysOf">;
  readonly log: Log;
  /** Where the values outlive the agent, but not a boot; default: its place on a node. */
  readonly file?: string;
  /** Map of HAProxy's with the proof for origins; default: where HAProxy reads it. */
  readonly mapFile?: string;
  /** Map of HAProxy's with the proof for other PoPs; default: where HAProxy reads it. */
  readonly shieldFile?: string;
  /** Map of HAProxy's with the proof for other nodes of the PoP; default: where HAProxy reads it. */
  readonly ringFile?: string;
  /** Group that reads the maps; default: HAProxy's. */
  readonly group?: number;
}

const heldSchema = z.object({ selector: z.string(), version: z.int(), value: z.string() });
const pairSchema = z.object({ current: heldSchema, next: heldSchema });
const knownSchema = z.object({ "origin-auth": pairSchema, purge: pairSchema });

type Known = z.output<typeof knownSchema>;

const ROLES = ["origin-auth", "purge"] as const satisfies readonly SecretRole[];
const SLOTS = ["current", "next"] as const;

/** What may be sent as a field's value, and stand in a line of a map. */
const USABLE = /^[!-~]{1,1024}$/;

/**
 * The values of the secrets that the pointer names, from the region's parameters. They are in memory and in files of
 * /run, and in nothing that the agent says.
 */
export class Secrets {
  private known: Known | undefined;
  /** What HAProxy itself said that it sends to origins. */
  private sent: Known["origin-auth"] | undefined;

  constructor(private readonly options: SecretsOptions) {
    this.known = readKnown(this.file);
  }

  /** Reads what has changed. Throws when it cannot: the former values stay in use, all of them. */
  async follow(wanted: Pointer["parameters"]): Promise<void> {
    const selectors = ROLES.flatMap((role) => SLOTS.map((slot) => selectorOf(wanted[role][slot])));
    const unknown = [...new Set(selectors)].filter((selector) => this.valueOf(selector) === undefined);
    if (unknown.length > 0) {
      this.keep(wanted, await this.options.parameters(unknown));
    } else if (this.isBehind(wanted)) {
      // What was `next` is `current`.
      this.keep(wanted, new Map());
    }
    await this.tellOriginProof();
    await this.tellShieldProof();
    await this.tellRingProof();
  }

  /** Keys that purges may be signed with; none before they were read. */
  purgeKeys(): readonly string[] {
    return this.known === undefined ? [] : [this.known.purge.current.value, this.known.purge.next.value];
  }

  /**
   * Versions that are in use; null before that. Of the proof for origins it is what HAProxy has answered: origins may
   * forget a former value when no node says that it uses it.
   */
  versions(): NodeReport["secrets"] {
    const { known, sent } = this;
    if (known === undefined || sent === undefined) {
      return null;
    }
    const of = ({ current, next }: Known[SecretRole]) => ({ current: current.version, next: next.version });
    return { "origin-auth": of(sent), purge: of(known.purge) };
  }

  private get file(): string {
    return this.options.file ?? AGENT_FILES.secrets;
  }

  private valueOf(selector: string): string | undefined {
    return ROLES.flatMap((role) => SLOTS.map((slot) => this.known?.[role][slot])).find(
      (held) => held?.selector === selector,
    )?.value;
  }

  private isBehind(wanted: Pointer["parameters"]): boolean {
    return ROLES.some((role) =>
      SLOTS.some((slot) => this.known?.[role][slot].selector !== selectorOf(wanted[role][slot])),
    );
  }

  private keep(wanted: Pointer["parameters"], read: ReadonlyMap<string, string>): void {
    const held = (role: SecretRole, slot: (typeof SLOTS)[number]) => {
      const selector = selectorOf(wanted[role][slot]);
      const value = read.get(selector) ?? this.valueOf(selector);
      if (value === undefined) {
        throw new Error(`the parameter ${selector} is not there, or this node may not read it`);
      }
      if (!USABLE.test(value)) {
        throw new Error(`the parameter ${selector} has characters that a header cannot carry`);
      }
      return { selector, version: wanted[role][slot].version, value };
    };
    const pair = (role: SecretRole) => ({ current: held(role, "current"), next: held(role, "next") });
    const known: Known = { "origin-auth": pair("origin-auth"), purge: pair("purge") };
    const selectors = ROLES.flatMap((role) => SLOTS.map((slot) => known[role][slot].selector));
    this.makeFolder();
    writeDurably(this.file, JSON.stringify(known), 0o600);
    this.known = known;
    this.options.log.info("secrets read", { selectors });
  }

  private async tellOriginProof(): Promise<void> {
    const { haproxy, mapFile = ORIGIN_AUTH_FILE } = this.options;
    const wanted = this.known?.["origin-auth"];
    if (wanted === undefined) {
      return;
    }
    const { value } = wanted.current;
    if (await this.tell("origins", mapFile, [["current", value]], () => haproxy.setMap(mapFile, "current", value))) {
      this.sent = wanted;
    }
  }

  /** Where no site has a shield, in the file alone. What the former keys proved ends. */
  private async tellShieldProof(): Promise<void> {
    const { shieldFile = SHIELD_PROOF_FILE } = this.options;
    const wanted = shieldProof(this.purgeKeys());
    await this.tell("other PoPs", shieldFile, wanted, () => this.setProofs(shieldFile, wanted));
  }

  /** Where each node is a cache of its own, in the file alone. */
  private async tellRingProof(): Promise<void> {
    const { region, ringFile = RING_PROOF_FILE } = this.options;
    const wanted = ringProof(region, this.purgeKeys());
    await this.tell("other nodes of the PoP", ringFile, wanted, () => this.setProofs(ringFile, wanted));
  }

  /**
   * The map first: HAProxy reads it at its next start. Then the running process, without a reload, and each time anew:
   * one that was just starting may have read the former map.
   *
   * @returns whether the running process has it; not when there is none
   */
  private async tell(
    whom: string,
    file: string,
    entries: Iterable<readonly [string, string]>,
    say: () => Promise<void>,
  ): Promise<boolean> {
    const text = [...entries].map(([key, value]) => `${key} ${value}\n`).join("");
    if ((readIfThere(file) ?? "") !== text) {
      this.makeFolder();
      writeDurably(file, text, 0o640, this.options.group ?? groupId("haproxy"));
    }
    try {
      await say();
      return true;
    } catch (failure) {
      if (failure instanceof HaproxyAway) {
        this.options.log.info(`HAProxy is not there to hear of the proof for ${whom}`, { reason: reasonOf(failure) });
        return false;
      }
    }
    // Without the cause: whatever HAProxy says may hold the command, and so the value.
    throw new Error(`HAProxy does not take the proof for ${whom}`);
  }

  /** What is to go is what HAProxy itself has beside that: a call that failed half-way is made good by the next one. */
  private async setProofs(file: string, wanted: ReadonlyMap<string, string>): Promise<void> {
    const { haproxy } = this.options;
    const held = await haproxy.keysOf(file);
    if (held === undefined) {
      return;
    }
    for (const [key, value] of wanted) {
      await haproxy.setMap(file, key, value);
    }
    for (const key of held) {
      if (!wanted.has(key)) {
        await haproxy.deleteMap(file, key);
      }
    }
  }

  private makeFolder(): void {
    const { mapFile = ORIGIN_AUTH_FILE, group = groupId("haproxy") } = this.options;
    for (const folder of new Set([dirname(mapFile), dirname(this.file)])) {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      chownSync(folder, 0, group);
    }
  }
}

function selectorOf({ name, version }: { readonly name: string; readonly version: number }): string {
  return `${name}:${String(version)}`;
}

function readKnown(file: string): Known | undefined {
  try {
    return knownSchema.safeParse(JSON.parse(readIfThere(file) ?? "")).data;
  } catch {
    return undefined;
  }
}

/** Node.js does not look up groups. */
function groupId(name: string): number {
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${name}:`));
  const id = Number(line?.split(":")[2]);
  if (!Number.isInteger(id)) {
    throw new Error(`there is no group ${name} on this machine`);
  }
  return id;
}
