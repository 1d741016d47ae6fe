import { RING } from "../haproxy/ring";
import type { NodeReport } from "../protocol/nodeReport";
import type { RingSettings } from "../protocol/bundleFormat";
import type { HaproxyRuntime } from "./haproxy";
import type { Log } from "./log";

export interface RingOptions {
  readonly haproxy: Pick<HaproxyRuntime, "say">;
  readonly settings: RingSettings;
  /** This node's own address, by which others ask it. */
  readonly address: () => Promise<string>;
  /** What the PoP's other nodes say of themselves. */
  readonly peers: () => Promise<readonly Pick<NodeReport, "address">[]>;
  readonly log: Log;
}

/** A place for a node in HAProxy's ring (haproxy/ring.ts). */
interface Slot {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly isUsed: boolean;
  /** HAProxy has seen that it answers. */
  readonly isUp: boolean;
}

/** Of a line of `show servers state`: server, address, state, what an administrator wants, port. */
const [NAME, ADDRESS, STATE, ADMIN, PORT] = [3, 4, 5, 6, 18];
const RUNNING = "2";
/** Bit of an administrator's word: it is out by the runtime API, as empty slots are. */
const OUT = 1;

/**
 * Tells HAProxy which nodes the PoP has. Which of them take requests HAProxy sees itself, within seconds and without this
 * program: so the list may be old, and a node that has come needs not be on it at once.
 */
export class Ring {
  private known: ReadonlySet<string> | undefined;

  constructor(private readonly options: RingOptions) {}

  /** Reads which nodes there are. Throws when it cannot: the list stays as it is. */
  async look(): Promise<void> {
    const { address, peers } = this.options;
    const own = await address();
    const others = (await peers()).flatMap((peer) => (peer.address === undefined ? [] : [peer.address]));
    this.known = new Set([own, ...others]);
  }

  /**
   * Brings HAProxy's list in line with that. A node of which nobody hears any more stays as long as it answers: its agent may
   * be dead, or the store away.
   */
  async tell(): Promise<void> {
    const { haproxy, address, settings, log } = this.options;
    if (this.known === undefined) {
      return;
    }
    const own = await address();
    const slots = slotsIn(await haproxy.say(`show servers state ${RING.backend}`));
    const commands = changes(slots, this.known, (each) => (each === own ? settings.ownPeer : settings.peers));
    for (const command of commands) {
      await haproxy.say(command);
    }
    if (commands.length > 0) {
      log.info("ring changed", { nodes: [...this.known].sort() });
    }
  }
}

function slotsIn(state: string): readonly Slot[] {
  return state
    .split("\n")
    .map((line) => line.split(" "))
    .filter((words) => words[NAME]?.startsWith(RING.prefix))
    .map((words) => ({
      name: words[NAME] ?? "",
      address: words[ADDRESS] ?? "",
      port: Number(words[PORT]),
      isUsed: (Number(words[ADMIN]) & OUT) === 0,
      isUp: words[STATE] === RUNNING,
    }));
}

/** Commands of the runtime API. With more nodes than slots the first by address, so that all nodes leave out the same. */
function changes(slots: readonly Slot[], known: ReadonlySet<string>, portOf: (address: string) => number): string[] {
  const wanted = [...known].sort().slice(0, slots.length);
  const used = slots.filter(({ isUsed }) => isUsed);
  const isKept = ({ address, port, isUp }: Slot): boolean =>
    port === portOf(address) && (wanted.includes(address) || (isUp && !known.has(address)));
  const gone = used.filter((slot) => !isKept(slot));
  const there = new Set(used.filter(isKept).map(({ address }) => address));
  const free = [...gone, ...slots.filter(({ isUsed }) => !isUsed)];
  return [
    ...gone.map(({ name }) => `set server ${RING.backend}/${name} state maint`),
    ...wanted
      .filter((address) => !there.has(address))
      .flatMap((address, i) => {
        const slot = free[i] && `${RING.backend}/${free[i].name}`;
        return slot === undefined
          ? []
          : [
              `set server ${slot} addr ${address} port ${String(portOf(address))}`,
              `set server ${slot} state ready`,
              // Until it has answered.
              `set server ${slot} health down`,
            ];
      }),
  ];
}
