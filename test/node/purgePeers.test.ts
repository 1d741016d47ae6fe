import { varnishPurgeCache } from "../../components/node/agent/purgeCache";
import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { askSocket, type Answer } from "./origin/client";
import { Held, reply } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";
import { until } from "./origin/until";

const STORED = { "cache-control": "max-age=3600, stale-while-revalidate=3600, stale-if-error=3600" };

/**
 * What another node of ours gets, at Varnish's own socket, where HAProxy puts those whom it has proved to be one. What is
 * wanted follows from RFC 9111, section 4.4, for a cache of several: once it has been told that a response is invalid, no
 * part of it may give the former one back.
 */
describeWith([DEBIAN], "a node that is asked by another one", () => {
  let rig: Rig;
  let region: string;
  let count = 0;

  beforeAll(async () => {
    rig = await Rig.start();
    region = rig.region;
  });

  afterAll(async () => {
    await rig.stop();
  });

  const mark = (done: string, needs = `${region}=${done}`): Promise<void> =>
    varnishPurgeCache(rig.node.root.outside(SOCKETS.purge)).mark({ done, needs });

  function peer(path: string, needs: string): Promise<Answer> {
    return askSocket(rig.node.root.outside(SOCKETS.cache), "GET", path, {
      host: HOST,
      "x-footprint-site": "GET, HEAD;301;max-age=86400;while-revalidate=0;if-error=0;compression=no;websocket=no;",
      "x-footprint-needs": needs,
    });
  }

  /** Stored as it was; the origin has news since. */
  async function changed(): Promise<string> {
    count += 1;
    const path = `/peers/${String(count)}`;
    rig.origin.on(path, reply("former", STORED));
    await rig.get(path);
    rig.origin.on(path, reply("new", STORED));
    return path;
  }

  test.each([
    ["as far", "12.10", (own: string) => `${own}=12.10`],
    ["farther", "13.12", (own: string) => `${own}=12.10`],
    ["as far, with other regions around it", "12.10", (own: string) => `aa-${own}=99.99,${own}=12.10,${own}0=99.99`],
    ["of a region from whose log nothing is needed", "0.0", (own: string) => `${own}0=99.99`],
  ])("gives what it has stored when it is %s", async (_, done, needs) => {
    const path = await changed();
    await mark(done);

    expect((await peer(path, needs(region))).body).toBe("former");
  });

  test.each([
    ["is behind", "11.10", (own: string) => `${own}=12.10`],
    ["is behind with what is done again", "12.9", (own: string) => `${own}=12.10`],
    ["is behind by a digit more", "9.9", (own: string) => `${own}=10.9`],
    ["cannot be new enough", "12.12", (own: string) => `${own}=999999999999.0`],
    ["does not know what is needed", "12.12", () => "unknown"],
    ["is asked for a number that is none", "12.12", (own: string) => `${own}=99999999999999999999.1`],
  ])("asks the origin when it %s, and stores what it says", async (_, done, needs) => {
    const path = await changed();
    await mark(done);

    expect((await peer(path, needs(region))).body).toBe("new");
    expect((await rig.get(path)).body).toBe("new");
    expect(rig.origin.requests(path)).toHaveLength(2);
  });

  test("in the worst order has nothing that is old: it is purged last", async () => {
    const path = await changed();
    await mark("1.1");
    // The other one has carried out entry 2, and asks for what it has just taken out.
    const refill = await peer(path, `${region}=2.1`);
    await varnishPurgeCache(rig.node.root.outside(SOCKETS.purge)).purge({ kind: "url", host: HOST, path }, false);
    await mark("2.1");

    expect(refill.body).toBe("new");
    expect((await peer(path, `${region}=2.1`)).body).toBe("new");
    expect((await rig.get(path)).body).toBe("new");
  });

  test("does not give what a fetch brings that began before the purge", async () => {
    const path = `/peers/held`;
    const held = new Held(reply("former", STORED));
    let asked = 0;
    rig.origin.on(path, (response, request) => {
      asked += 1;
      void (asked === 1 ? held.handler : reply("new", STORED))(response, request);
    });
    await mark("2.2");
    const first = rig.get(path);
    await held.holds(1);

    const refill = peer(path, `${region}=3.2`);
    expect((await refill).body).toBe("new");
    held.release();
    await first;
  });

  test("is behind after its cache was started anew, until the agent has said how far it is", async () => {
    await mark("12.12");
    const [child] = rig.cacheProcesses();
    await rig.node.kill("varnish", "workers");
    await until("another cache process", () => rig.cacheProcesses().some((pid) => pid !== child));
    rig.origin.on("/peers/there", reply("x", STORED));
    await until("it serves", async () => (await rig.get("/peers/there")).status === 200);
    const path = await changed();

    expect((await peer(path, `${region}=12.12`)).body).toBe("new");
    await mark("12.12");
    rig.origin.on(path, reply("newer", STORED));
    expect((await peer(path, `${region}=12.12`)).body).toBe("new");
  });

  test("rejects a client's word about it", async () => {
    const path = await changed();
    await mark("1.1");

    expect((await rig.get(path, { "x-footprint-needs": `${region}=9.9` })).body).toBe("former");
  });
});
