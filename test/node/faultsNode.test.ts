import { VARNISH_FOLDER } from "../../components/node/processes";
import { NVME } from "../../components/node/startScripts";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Held, reply } from "./origin/scripted";
import { Rig } from "./origin/rig";
import { until } from "./origin/until";

const MB = 1024 * 1024;
const STORED = { "cache-control": "max-age=600" };

/** How often HAProxy asks Varnish whether it answers: as rendered, and in the tests' copy. */
const [PROBE, FAST_PROBE] = ["check inter 2s fall 3", "check inter 500ms fall 3"];

function withFastProbe(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...files, "/etc/haproxy/haproxy.cfg": (files["/etc/haproxy/haproxy.cfg"] ?? "").replace(PROBE, FAST_PROBE) };
}

describeWith([DEBIAN], "faults of a node's own programs", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ edit: withFastProbe });
    rig.origin.on("/stored", reply("stored", STORED));
  });

  afterAll(async () => {
    await rig.stop();
  });

  const health = (): Promise<number | undefined> => rig.node.health();

  const healthIs = (status: number): Promise<unknown> =>
    until(`health ${String(status)}`, async () => (await health()) === status);

  test("a cache that hangs makes the node unhealthy, and healthy when it goes on", async () => {
    await rig.get("/stored");

    await rig.node.kill("varnish", "workers", "STOP");
    await healthIs(503);
    const meanwhile = await rig.get("/stored");
    await rig.node.kill("varnish", "workers", "CONT");
    await healthIs(200);

    expect([meanwhile.status, meanwhile.headers["proxy-status"]]).toEqual([
      503,
      `${rig.popName}; error=proxy_internal_error`,
    ]);
    expect((await rig.get("/stored")).headers["cache-status"]).toMatch(/; ?hit/);
  });

  test("a cache that is killed starts again, empty; who waited on it gets an error that says so", async () => {
    const held = new Held(reply("late", STORED));
    rig.origin.on("/waiting", held.handler);
    await rig.get("/stored");
    const [before] = rig.cacheProcesses();
    const waiting = Array.from({ length: 5 }, () => rig.get("/waiting"));
    await held.holds(1);

    await rig.node.kill("varnish", "workers");
    held.release();

    const outcomes = await Promise.allSettled(waiting);
    await until("another cache process", () => rig.cacheProcesses().some((pid) => pid !== before));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        // HAProxy closes without a word where it had reused a connection to the cache: browsers ask again by themselves.
        expect(String(outcome.reason)).toContain("socket hang up");
      } else {
        const { status, headers } = outcome.value;
        expect([502, 503]).toContain(status);
        expect(headers["proxy-status"]).toMatch(new RegExp(`^${rig.popName}; error=`));
      }
    }
    const again = await until("an answer of the new one", async () => {
      const answer = await rig.get("/stored");
      return answer.status === 200 && answer;
    });
    expect(again.body).toBe("stored");
    expect(again.headers["cache-status"]).toMatch(/; ?fwd=/);
  });

  test("with all of Varnish gone the node is unhealthy until it is started again", async () => {
    await rig.node.kill("varnish", "main");
    await healthIs(503);
    const meanwhile = await rig.get("/stored");
    await rig.node.restart("varnish");

    expect(meanwhile.status).toBe(503);
    expect(meanwhile.headers["proxy-status"]).toBe(`${rig.popName}; error=proxy_internal_error`);
    expect((await rig.get("/stored")).status).toBe(200);
  });

  test("HAProxy's worker takes its master with it, so that systemd starts both; the cache stays", async () => {
    await rig.get("/stored");
    const cache = rig.cacheProcesses();

    await rig.node.kill("haproxy", "workers");
    await rig.node.restart("haproxy");

    expect(rig.cacheProcesses()).toEqual(cache);
    expect((await rig.get("/stored")).headers["cache-status"]).toMatch(/; ?hit/);
  });
});

describeWith([DEBIAN], "a node whose disks are small", () => {
  const DISK = 24 * MB;
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ node: { cacheMemory: 16, disks: { [NVME]: DISK, [VARNISH_FOLDER]: 200 * MB } } });
  });

  afterAll(async () => {
    await rig.stop();
  });

  const large = (i: number): string => String.fromCharCode(97 + (i % 26)).repeat(1.25 * MB);

  async function ask(i: number): Promise<boolean> {
    const path = `/large/${String(i)}`;
    rig.origin.on(path, reply(large(i), STORED));
    const { status, body, isWhole } = await rig.get(path);
    return status === 200 && isWhole && body === large(i);
  }

  test("keeps large objects on the disk, and lets old ones go when it is full", async () => {
    const sizes = Array.from({ length: 30 }, (_, i) => i);
    const whole = [];
    for (const i of sizes) {
      whole.push(await ask(i));
    }

    const { stdout } = await rig.node.exec("varnishstat", "-n", VARNISH_FOLDER, "-1", "-f", "SMF.large.g_bytes");
    expect(whole).toEqual(sizes.map(() => true));
    expect(Number(/g_bytes\s+(\d+)/.exec(stdout)?.[1])).toBeGreaterThan(4 * MB);
    expect(Number(/g_bytes\s+(\d+)/.exec(stdout)?.[1])).toBeLessThan(DISK);
  });

  test("serves on when something else has filled the disk", async () => {
    const cache = rig.cacheProcesses();
    const fill = `dd if=/dev/zero of=${NVME}/filler bs=1M count=100; dd if=/dev/zero of=${VARNISH_FOLDER}/filler bs=1M count=300`;
    expect((await rig.node.exec("sh", "-c", fill)).stderr).toContain("No space left on device");

    const whole = [];
    for (let i = 30; i < 50; i++) {
      whole.push(await ask(i));
    }

    expect(whole).toEqual(Array(20).fill(true));
    expect(rig.cacheProcesses()).toEqual(cache);
    await rig.node.untilServing();
  });

  test("refuses a reload that it has no room for, and goes on with what it has", async () => {
    const refused = await rig.reload({ site: { maxAge: 7 } }).then(
      () => "taken",
      (error: unknown) => String(error),
    );

    expect(refused).toMatch(/varnish refuses its configuration: /);
    expect(await ask(60)).toBe(true);
  });
});
