import type { Origin } from "../../components/node/site";
import { ORIGIN_AUTH_FILE, ORIGIN_AUTH_HEADER } from "../../components/node/internalHeaders";
import { SOCKETS } from "../../components/node/sockets";
import { POP_HEALTH_PATH } from "../../components/node/ports";
import { freePorts } from "../../infra/edge/ports";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { reply, ScriptedOrigin } from "./origin/scripted";
import { HOST, Rig } from "./origin/rig";
import { until } from "./origin/until";

describeWith([DEBIAN], "origins of a site, in failover order", () => {
  let first: ScriptedOrigin;
  let second: ScriptedOrigin;
  let origins: readonly [Origin, Origin];
  let rig: Rig;

  /** An origin that says who it is, whatever it is asked. */
  async function named(name: string, port: number): Promise<ScriptedOrigin> {
    const origin = await ScriptedOrigin.start({ port });
    origin.on("/who", reply(name, { "cache-control": "no-store" }));
    return origin;
  }

  beforeAll(async () => {
    const [a = 0, b = 0] = await freePorts(2);
    [first, second] = [await named("first", a), await named("second", b)];
    origins = [first.at(), second.at("localhost")];
    rig = await Rig.start({ site: { origins } });
  });

  afterAll(async () => {
    await rig.stop();
    await first.stop();
    await second.stop();
  });

  async function who(): Promise<string> {
    const { status, body } = await rig.get("/who");
    return status === 200 ? body : String(status);
  }

  // One story, because each step is the ground of the next.
  test("the second takes over from the first, under its own name, and gives back", async () => {
    expect(await who()).toBe("first");
    expect(second.requests("/who")).toEqual([]);

    await first.stop();
    await until("the second origin to take over", async () => (await who()) === "second");
    expect((await second.received("/who", 1)).headers).toMatchObject({
      host: `localhost:${String(origins[1].port)}`,
      "x-forwarded-host": HOST,
    });

    // An error page is an answer, and no reason to leave an origin.
    second.on("/error", reply("broken", {}, 503));
    for (let i = 0; i < 10; i++) {
      expect(await rig.get("/error")).toMatchObject({ status: 503, body: "broken" });
    }
    expect(await who()).toBe("second");

    first = await named("first again", origins[0].port);
    await until("the first origin to be asked again", async () => (await who()) === "first again");
    expect((await first.received("/who", 1)).headers.host).toBe(`127.0.0.1:${String(origins[0].port)}`);
  });

  test("with none of them up the answer is 503, and says that it is ours", async () => {
    const [gone = 0, too = 0] = await freePorts(2);
    const nowhere = [gone, too].map((port): Origin => ({ scheme: "http", host: "127.0.0.1", port }));
    await rig.reload({ site: { origins }, more: { "nowhere.example.com": { origins: nowhere } } });

    const answer = await rig.ask("/", { host: "nowhere.example.com" });

    expect(answer.status).toBe(503);
    expect(answer.headers["proxy-status"]).toBe(`${rig.popName}; error=destination_unavailable`);
  });

  test("the proof for origins comes from a file of the node, and is rotated without a reload", async () => {
    const proof = async (path: string): Promise<string | string[] | undefined> => {
      second.on(path, reply("x"));
      first.on(path, reply("x"));
      await rig.get(path, { [ORIGIN_AUTH_HEADER]: "forged" });
      return [...first.requests(path), ...second.requests(path)][0]?.headers[ORIGIN_AUTH_HEADER.toLowerCase()];
    };

    expect(await proof("/proof/none")).toBeUndefined();

    rig.node.root.write(ORIGIN_AUTH_FILE, "current first-proof\n");
    await rig.reload({ site: { origins, maxAge: 100 } });
    expect(await proof("/proof/first")).toBe("first-proof");

    await rig.node.say(SOCKETS.admin, `set map ${ORIGIN_AUTH_FILE} current second-proof`);
    expect(await proof("/proof/second")).toBe("second-proof");
    expect((await rig.loggedLines("/proof/", 3)).filter((line) => line.includes('-proof"'))).toEqual([]);
  });

  test("an origin that is gone is no reason for the node to be unhealthy", async () => {
    const [gone = 0] = await freePorts(1);
    await rig.reload({ site: { origins: [{ scheme: "http", host: "127.0.0.1", port: gone }] } });
    await until("the origin to be down", async () =>
      (await rig.node.say(SOCKETS.admin, "show stat"))
        .split("\n")
        .some((line) => /^origin:[^,]*,http:[^,]*,.*,DOWN,/.test(line)),
    );

    expect((await rig.get("/")).status).toBe(503);
    expect(await rig.node.health()).toBe(200);
    expect((await rig.ask(POP_HEALTH_PATH, { host: rig.popName })).status).toBe(200);
  });
});
