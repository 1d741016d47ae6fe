import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientStreams, SlowClients } from "../../../../components/node/agent/slowClients";
import { CLIENT_PACE } from "../../../../components/node/timing";
import { keptLog } from "./quiet";

/** A stream as HAProxy 3.0.11 writes it: what it wrote of one, with what matters put in. */
function stream({
  id = "0x7f1bc14e3000",
  backend = "cache",
  request = "MSG_DONE",
  blocked = "<NEVER>",
  moved = 0,
}): string {
  return `${id}: [28/Nov/2026:13:07:28.799389] id=43 proto=tcpv4 source=127.0.0.1:50674
  flags=0xc4a, conn_retries=0, conn_exp=<NEVER> conn_et=0x000 srv_conn=0x7f1bc2266000, pend_pos=(nil) waiting=0 epoch=0
  frontend=traffic (id=2 mode=http), listener=? (id=1) addr=127.0.0.1:27140
  backend=${backend} (id=8 mode=http) addr=unix
  server=varnish (id=1) addr=unix
  task=0x7f1bc0f61e40 (state=0x00 nice=0 calls=2 rate=0 exp=55s tid=1(1/1) age=5s)
  txn=0x7f1bc14d5380 flags=0xc3000 meth=1 status=200 req.st=${request} rsp.st=MSG_DATA req.f=0x4c rsp.f=0x0d
  scf=0x7f1bc14c21e0 flags=0x00000482 ioto=1m state=EST endp=CONN,0x7f1bc14c5240,0x40405001 sub=3 rex=<NEVER> wex=55s rto=55s wto=${blocked}
    iobuf.flags=0x00000000 .pipe=0 .buf=0@(nil)+0/0
  scb=0x7f1bc14c2300 flags=0x00001211 ioto=1m15s state=EST endp=CONN,0x7f1bc14c5480,0x106c0001 sub=0 rex=<NEVER> wex=<NEVER> rto=1m10s wto=<NEVER>
  req=0x7f1bc14e3028 (f=0x21840000 an=0x48000 tofwd=0 total=80)
      an_exp=<NEVER> buf=0x7f1bc14e3030 data=(nil) o=0 p=0 i=0 size=0
  res=0x7f1bc14e3070 (f=0xa0040001 an=0x24000000 tofwd=-1 total=${String(moved)})
      an_exp=<NEVER> buf=0x7f1bc14e3078 data=0x7f1bc14f1fc0 o=32108 p=32108 i=660 size=32768
`;
}

describe("what HAProxy says of streams", () => {
  test("tells a client that does not read, or has not sent all, from an origin that takes its time", () => {
    const waits = (settings: Parameters<typeof stream>[0]) => clientStreams(stream(settings)).map((each) => each.waits);

    expect(waits({ blocked: "55s" })).toEqual([true]);
    expect(waits({ request: "MSG_DATA", backend: "past-cache" })).toEqual([true]);
    expect(waits({})).toEqual([false]);
  });

  test("counts for requests that end: not for what is held, nor for the node's own", () => {
    const own = stream({}).replace("frontend=traffic", "frontend=egress");

    expect(clientStreams(stream({ backend: "held" }) + own + stream({ moved: 20 }))).toEqual([
      { id: "0x7f1bc14e3000", peer: "127.0.0.1:50674", moved: 100, waits: false },
    ]);
    expect(clientStreams(stream({}).replace("source=127.0.0.1:", "source=2001:db8::7:"))).toMatchObject([
      { peer: "[2001:db8::7]:50674" },
    ]);
    expect(clientStreams("\n")).toEqual([]);
  });
});

describe("a slow client", () => {
  const { bytes, patience, look } = CLIENT_PACE;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-slow-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** What is said to HAProxy beside the question, at each look, where the k-th finds what is given for k. */
  async function said(looks: number, dump: (k: number) => string): Promise<readonly (readonly string[])[]> {
    let k = 0;
    let orders: string[] = [];
    const haproxy = {
      say: (command: string): Promise<string> => {
        if (command.startsWith("show sess")) {
          expect(command).toBe(`show sess older ${String(patience)}`);
          return Promise.resolve(dump(k));
        }
        orders.push(command);
        return Promise.resolve("\n");
      },
    };
    const now = () => k * look * 1000;
    const clients = new SlowClients({
      haproxy,
      pace: CLIENT_PACE,
      log: keptLog().log,
      file: join(folder, "slow"),
      now,
    });
    const all: string[][] = [];
    for (; k < looks; k++) {
      await clients.look();
      all.push(orders);
      orders = [];
    }
    return all;
  }

  const END = ["shutdown session 0x7f1bc14e3000"];

  test("has the request ended after its patience, and the connection when HAProxy has the request still", async () => {
    const orders = await said(6, (k) => stream({ blocked: "55s", moved: k }));

    expect(orders).toEqual([[], [], [], [], END, END]);
    expect(readFileSync(join(folder, "slow"), "utf8")).toBe("127.0.0.1:50674\n");
  });

  test.each([
    ["keeps the least pace", (k: number) => stream({ blocked: "55s", moved: k * look * bytes })],
    ["moves in steps", (k: number) => stream({ blocked: "55s", moved: Math.floor(k / 3) * 4 * look * bytes })],
    ["waits for its origin", (k: number) => stream({ moved: k })],
    ["waits for its origin between", (k: number) => stream({ moved: k, ...(k % 3 === 0 ? {} : { blocked: "55s" }) })],
    ["has the place in memory of one that was slow", (k: number) => stream({ blocked: "55s", moved: 1000 - k })],
  ])("that %s is left alone", async (_, dump) => {
    expect((await said(12, dump)).flat()).toEqual([]);
  });
});
