import { decode, encode } from "dns-packet";
import * as dgram from "node:dgram";
import { once } from "node:events";
import { AGENT_FILES } from "../../components/node/agentFiles";
import { HaproxyRuntime } from "../../components/node/agent/haproxy";
import { OriginAddresses } from "../../components/node/agent/originAddresses";
import { HAPROXY_FILE } from "../../components/node/processes";
import type { Origin } from "../../components/node/site";
import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Rig } from "./origin/rig";
import { reply, ScriptedOrigin } from "./origin/scripted";
import { until } from "./origin/until";

/** Knows every name, by one address; or is away. */
class Resolver {
  isAway = true;

  private constructor(private readonly socket: dgram.Socket) {
    socket.on("message", (message, { port, address }) => {
      if (!this.isAway) {
        socket.send(answerTo(message), port, address);
      }
    });
  }

  static async start(): Promise<Resolver> {
    const socket = dgram.createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new Resolver(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  stop(): void {
    this.socket.close();
  }
}

function answerTo(message: Buffer): Buffer {
  const { id = 0, questions = [] } = decode(message);
  const answers = questions.flatMap(({ type, name }) =>
    type === "A" ? [{ type: "A" as const, name, ttl: 1, data: "127.0.0.1" }] : [],
  );
  return encode({ type: "response", id, questions, answers });
}

describeWith([DEBIAN], "names of origins", () => {
  let resolver: Resolver;
  let first: ScriptedOrigin;
  let second: ScriptedOrigin;
  let rig: Rig;
  let addresses: OriginAddresses;

  beforeAll(async () => {
    resolver = await Resolver.start();
    [first, second] = [await ScriptedOrigin.start(), await ScriptedOrigin.start()];
    first.on("/who", reply("first", { "cache-control": "no-store" }));
    second.on("/who", reply("second", { "cache-control": "no-store" }));
    rig = await Rig.start({
      site: { origins: [named("first.test", first)] },
      // The resolver of the test, and not that of the machine.
      edit: (files) => {
        const config = (files[HAPROXY_FILE] ?? "")
          .replace("parse-resolv-conf", `nameserver test 127.0.0.1:${String(resolver.port)}`)
          .replaceAll("init-addr last,libc,none", "init-addr last,none");
        return { ...files, [HAPROXY_FILE]: config };
      },
    });
    const [admin, master] = [SOCKETS.admin, SOCKETS.master].map((path) => rig.node.root.outside(path));
    addresses = new OriginAddresses({
      haproxy: new HaproxyRuntime({ admin: admin ?? "", master: master ?? "" }),
      file: rig.node.root.outside(AGENT_FILES.addresses),
    });
  });

  afterAll(async () => {
    await rig.stop();
    await first.stop();
    await second.stop();
    resolver.stop();
  });

  function named(host: string, { port }: { readonly port: number }): Origin {
    return { scheme: "http", host, port };
  }

  async function who(): Promise<string> {
    const { status, body } = await rig.get("/who");
    return status === 200 ? body : String(status);
  }

  // One story, because each step is the ground of the next.
  test("that nobody can look up hold up no start, and what is known of them outlives reloads and restarts", async () => {
    expect(await who()).toBe("503");
    resolver.isAway = false;
    await until("the origin, once its name is known", async () => (await who()) === "first");
    await addresses.look();

    resolver.isAway = true;
    await rig.reload({ site: { origins: [named("first.test", first)], maxAge: 100 } });
    expect(await who()).toBe("first");
    await addresses.look();
    await rig.node.kill("haproxy", "main");
    await rig.node.restart("haproxy");
    expect(await who()).toBe("first");

    // Another origin in the same place is not asked by the address of this one.
    const former = first.requests("/who").length;
    await rig.reload({ site: { origins: [named("second.test", second)] } });
    expect(await who()).toBe("503");
    await rig.reload({ site: { origins: [named("first.test", second)] } });
    expect(await who()).toBe("503");
    expect(first.requests("/who")).toHaveLength(former);
    resolver.isAway = false;
    await until("the other origin, once its name is known", async () => (await who()) === "second");
  });
});
