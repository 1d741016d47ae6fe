import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { KeptConnection } from "./keptConnection";
import { Rig } from "./origin/rig";
import { reply } from "./origin/scripted";
import { until } from "./origin/until";

const CLIENTS = 24;

describeWith([DEBIAN], "lines of the access log", () => {
  let rig: Rig;
  let clients: readonly KeptConnection[];
  let lines = 0;

  beforeAll(async () => {
    rig = await Rig.start({ node: { onAccess: () => lines++ } });
    rig.origin.on("/hit", reply("x", { "cache-control": "max-age=600" }));
    await rig.get("/hit");
    await until("its line", () => lines === 1);
    clients = Array.from(
      { length: CLIENTS },
      (_, i) => new KeptConnection(rig.node.ports.traffic, `203.0.113.${i + 1}`),
    );
  });

  afterAll(async () => {
    clients.forEach((client) => {
      client.destroy();
    });
    await rig.stop();
  });

  /** Each client asks so many times. */
  async function askAll(times: number): Promise<void> {
    await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < times; i++) {
          expect(await client.get("/hit")).toBe("200 x");
        }
      }),
    );
  }

  /** As HAProxy counts them itself. */
  async function dropped(): Promise<number> {
    return Number(/^DroppedLogs: (\d+)$/m.exec(await rig.node.say(SOCKETS.admin, "show info"))?.[1]);
  }

  test("there is one for each request, though HAProxy's threads write at once", async () => {
    const before = lines;
    const rounds = 40;
    for (let round = 1; round <= rounds; round++) {
      await askAll(10);
      // No more at once than wait where a socket may take as much as systems let it by default (net.core.wmem_max).
      await until("their lines", async () => lines - before + (await dropped()) === round * CLIENTS * 10);
    }

    expect(await dropped()).toBe(0);
  });

  test("that their writer has no room for cost no request, and HAProxy counts them", async () => {
    const before = lines;
    const writer = rig.node.root.processes().find(({ name }) => name === "take-access-log")?.pid;
    await rig.node.exec("kill", "-STOP", String(writer));
    await askAll(250);
    await rig.node.exec("kill", "-CONT", String(writer));
    // A line comes, or is dropped, when its client has its answer already.
    await until("the others", async () => lines - before + (await dropped()) === CLIENTS * 250);
    const lost = await dropped();

    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(CLIENTS * 250);
  });
});
