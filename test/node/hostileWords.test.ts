import * as fc from "fast-check";
import { HaproxyRuntime } from "../../components/node/agent/haproxy";
import { Switches } from "../../components/node/agent/switches";
import { nodeFiles } from "../../components/node/files";
import { POP_HEALTH_PATH } from "../../components/node/ports";
import { SWITCHES_FILE } from "../../components/node/protocol/switches";
import { SOCKETS } from "../../components/node/sockets";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { RunningNode } from "../../infra/edge/node";
import { keptLog } from "../components/node/agent/quiet";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { clientHeader, exchange, request } from "./proxied";

const POP = "eu-west-1.pop.example.com";

/** What operators write, and what somebody might who can write a drain switch. */
const HOSTILE = [
  "packet loss <<",
  "<<",
  "<<EOF",
  "a <<%EOF%",
  "x; disable frontend traffic",
  "x;;show env",
  "\\",
  "ends with \\",
  "\\; quit",
  "# no comment",
  "@1 show info",
  "@!0 show stat",
  "%[env(PATH)] %[src]",
  "\"quoted' `shell` $(id)",
  "-1",
  "#0x7f",
  "!~^$(){}[]|?*+.,:=&",
];

describeWith([DEBIAN], "a reason that is said to HAProxy", () => {
  let node: RunningNode;
  let switches: Switches;

  beforeAll(async () => {
    node = await RunningNode.start({
      root: debianRootFolder(),
      files: (listen) => nodeFiles({ region: "eu-west-1", popName: POP, sites: [], listen }),
    });
    const sockets = { admin: node.root.outside(SOCKETS.admin), master: node.root.outside(SOCKETS.master) };
    const runtime = new HaproxyRuntime(sockets);
    const haproxy = {
      setMap: (_: string, key: string, value: string) => runtime.setMap(SWITCHES_FILE, key, value),
      deleteMap: (_: string, key: string) => runtime.deleteMap(SWITCHES_FILE, key),
    };
    switches = new Switches({ haproxy, log: keptLog().log, file: node.root.outside(SWITCHES_FILE) });
  });

  afterAll(async () => {
    await node.stop();
  });

  const popHealth = () =>
    exchange(node.ports.traffic, clientHeader("198.51.100.7"), request("GET", POP_HEALTH_PATH, { Host: POP }));

  /** The switch does what it says, and nothing else happened. */
  async function isSaid(reason: string, said: string): Promise<void> {
    await switches.set("pop", reason);
    const { status, body } = await popHealth();
    await switches.set("pop", undefined);

    expect([status, body]).toEqual([503, `${said}\n`]);
    expect((await popHealth()).status).toBe(200);
    expect(await node.health()).toBe(200);
  }

  test.each(HOSTILE)("is what PoP health answers: %s", async (reason) => {
    await isSaid(reason, reason);
  });

  test("is what PoP health answers, whatever it is made of", async () => {
    const word = fc.string({
      unit: fc.constantFrom(...Array.from("ab <>;\\#@!%[]()$\"'`-=:,./")),
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(
        word.filter((text) => text.trim() !== ""),
        async (reason) => {
          await isSaid(reason, reason.trim());
        },
      ),
      { numRuns: 100, seed: 12 },
    );
  });

  test("survives a new start of HAProxy, from the file", async () => {
    const reason = "packet loss; twice \\ <<";
    await switches.set("pop", reason);
    await node.kill("haproxy", "main");
    await node.restart("haproxy");

    expect(await popHealth()).toMatchObject({ status: 503, body: `${reason}\n` });
  });
});
