import { HAPROXY_FILE } from "../../components/node/processes";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Rig } from "./origin/rig";
import { bytes, reply } from "./origin/scripted";
import { until } from "./origin/until";
import { Pool } from "./pooled";
import { EDGES, ShieldedPops } from "./shielded";

const BODY = "x".repeat(100_000);
const RESPONSE = `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n\r\n${BODY}`;
const MENDED = reply("mended", { "cache-control": "max-age=600" });
/** What HAProxy has of an origin that fell silent, seconds: as shipped it waits for a minute. */
const SILENCE = 2;

/**
 * A response that is neither in chunks nor has a length ends with its connection, and is whole unless there was an error (RFC
 * 9112, section 8); what is not whole is not stored for whole (RFC 9111, section 3.3).
 */
describeWith([DEBIAN], "a response that ends with its connection", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({
      edit: (files) => {
        const config = files[HAPROXY_FILE] ?? "";
        const edited = config.replace("timeout server 60s", `timeout server ${String(SILENCE)}s`);
        expect(edited).not.toBe(config);
        return { ...files, [HAPROXY_FILE]: edited };
      },
    });
  });

  afterAll(async () => {
    await rig.stop();
  });

  test("reaches its client whole", async () => {
    rig.origin.on("/end", bytes(RESPONSE));

    expect(await rig.get("/end")).toMatchObject({ status: 200, body: BODY, isWhole: true });
  });

  test.each(["reset later", "silence"] as const)("and is broken off (%s) is not stored", async (end) => {
    const path = `/broken/${end.replace(" ", "-")}`;
    rig.origin.on(path, bytes(RESPONSE, end));
    await rig.get(path);
    rig.origin.on(path, MENDED);

    expect((await rig.get(path)).body).toBe("mended");
  });
});

describeWith([DEBIAN], "a response that ends with its connection, and is broken off", () => {
  test("is not stored by a PoP that has it of its shield", async () => {
    const [edge] = EDGES;
    const pops = await ShieldedPops.start();
    try {
      await until("the shield is up", () => pops.isUp(edge));
      await pops.mark({}, "1.1");
      const path = "/broken";
      pops.origin.on(path, bytes(RESPONSE, "reset later"));
      await pops.ask(edge, path);
      pops.origin.on(path, MENDED);

      expect((await pops.ask(edge, path)).body).toBe("mended");
    } finally {
      await pops.stop();
    }
  });

  test("is not stored by a node that has it of its owner", async () => {
    const pool = await Pool.start(2);
    try {
      // Of ten some are owned by the other node.
      const paths = Array.from({ length: 10 }, (_, i) => `/broken/${String(i)}`);
      for (const path of paths) {
        pool.origin.on(path, bytes(RESPONSE, "reset later"));
        await pool.ask(0, path);
        pool.origin.on(path, MENDED);
      }

      const after = await Promise.all(paths.map((path) => pool.ask(0, path)));
      expect(after.map(({ body }) => body)).toEqual(paths.map(() => "mended"));
    } finally {
      await pool.stop();
    }
  });
});
