import { Ring } from "../../../../components/node/agent/ring";
import { keptLog } from "./quiet";

const OWN = "10.0.0.1";
const [SECOND, THIRD, FOURTH] = ["10.0.0.2", "10.0.0.3", "10.0.0.4"];
const PORTS = { peers: 8444, ownPeer: 8445 };

/** HAProxy's slots, as its management guide describes `show servers state` and `set server`. */
class Slots {
  readonly said: string[] = [];
  private readonly held = Array.from({ length: 3 }, () => ({ address: "0.0.0.0", port: "80", up: false, out: true }));

  say(command: string): Promise<string> {
    if (command === "show servers state ring") {
      return Promise.resolve(
        this.held
          .map(
            ({ address, port, up, out }, i) =>
              `19 ring ${String(i + 1)} node${String(i + 1)} ${address} ${up ? "2" : "0"} ${out ? "5" : "4"} 16 16 4 17 2 0 6 0 0 0 - ${port} - 0 0 - - 0`,
          )
          .join("\n"),
      );
    }
    this.said.push(command);
    const [, name = "", word = ""] = /^set server ring\/node(\d+) (.*)$/.exec(command) ?? [];
    const slot = this.held[Number(name) - 1];
    const [, address, port] = /^addr (\S+) port (\d+)$/.exec(word) ?? [];
    if (slot !== undefined && address !== undefined && port !== undefined) {
      Object.assign(slot, { address, port });
    } else if (slot !== undefined && word.startsWith("state")) {
      Object.assign(slot, { out: word === "state maint", up: word === "state ready" });
    } else if (slot !== undefined) {
      slot.up = word === "health up";
    }
    return Promise.resolve("");
  }

  /** It has looked at all: these answer. */
  answer(...addresses: readonly string[]): void {
    for (const slot of this.held) {
      slot.up = !slot.out && addresses.includes(slot.address);
    }
  }

  /** Nodes that are on the list. */
  get nodes(): readonly string[] {
    return this.held.flatMap(({ address, port, out }) => (out ? [] : [`${address}:${port}`])).sort();
  }
}

describe("the list of a PoP's nodes that an agent gives to HAProxy", () => {
  let slots: Slots;
  let peers: readonly { readonly address?: string }[];
  let away: boolean;
  let ring: Ring;

  beforeEach(() => {
    slots = new Slots();
    peers = [{ address: SECOND }, {}];
    away = false;
    ring = new Ring({
      haproxy: slots,
      settings: { ...PORTS, poll: 10 },
      address: () => Promise.resolve(OWN),
      peers: () => (away ? Promise.reject(new Error("the store is away")) : Promise.resolve(peers)),
      log: keptLog().log,
    });
  });

  const follow = async (...addresses: readonly string[]): Promise<void> => {
    peers = addresses.map((address) => ({ address }));
    await ring.look();
    await ring.tell();
  };

  test("has this node at its own port, and those that say where they are", async () => {
    await ring.look();
    await ring.tell();

    expect(slots.nodes).toEqual([`${OWN}:8445`, `${SECOND}:8444`]);
  });

  test("says nothing before it knows, and nothing twice", async () => {
    await ring.tell();
    expect(slots.said).toEqual([]);

    await follow(SECOND);
    slots.said.length = 0;
    await ring.tell();
    expect(slots.said).toEqual([]);
  });

  test("takes a node for one that does not answer until HAProxy has seen that it does", async () => {
    await follow(SECOND);

    expect(slots.said.filter((command) => command.endsWith("health down"))).toHaveLength(2);
  });

  test("keeps who answers though nobody hears of it, and gives its place away when it does not", async () => {
    await follow(SECOND, THIRD);
    slots.answer(OWN, SECOND, THIRD);
    await follow(THIRD);
    expect(slots.nodes).toEqual([`${OWN}:8445`, `${SECOND}:8444`, `${THIRD}:8444`]);

    slots.answer(OWN, THIRD);
    await follow(THIRD, FOURTH);
    expect(slots.nodes).toEqual([`${OWN}:8445`, `${THIRD}:8444`, `${FOURTH}:8444`]);
  });

  test("stays as it was while the store is away, also for a HAProxy that was started anew", async () => {
    await follow(SECOND);
    away = true;
    await expect(ring.look()).rejects.toThrow("the store is away");
    const fresh = new Slots();
    Object.assign(slots, { held: Reflect.get(fresh, "held") as unknown });
    await ring.tell();

    expect(slots.nodes).toEqual([`${OWN}:8445`, `${SECOND}:8444`]);
  });

  test("leaves out the same nodes everywhere where there are more than places", async () => {
    await follow(FOURTH, THIRD, SECOND);

    expect(slots.nodes).toEqual([`${OWN}:8445`, `${SECOND}:8444`, `${THIRD}:8444`]);
  });
});
