import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { HOST, patient, Pool } from "./pooled";

const STORED = { "cache-control": "max-age=3600" };
const NODES = [0, 1] as const;

// RFC 9112, section 6.3, and RFC 9113, section 8.1.1: a response needs no length, and ends by its last chunk, or with its stream.
describeWith([DEBIAN], "a PoP whose nodes are one cache, of responses without a length", () => {
  let pool: Pool;

  beforeAll(async () => {
    pool = await Pool.start(NODES.length, { edit: patient });
  });

  afterAll(async () => {
    await pool.stop();
  });

  // Whether header and body come as one, at which a mistake begins, is a matter of moments: of so many some do.
  test.each([
    ["a few bytes", 5],
    ["some buffers", 100_000],
  ])("gives %s whole, whoever owns them and whoever is asked", async (name, length) => {
    const body = "x".repeat(length);
    const paths = Array.from({ length: 30 }, (_, i) => `/lengths/${name.replaceAll(" ", "-")}/${String(i)}`);
    for (const path of paths) {
      pool.origin.on(path, (response) => {
        response.writeHead(200, STORED);
        response.end(body);
      });
    }

    const broken: string[] = [];
    for (const path of paths) {
      for (const node of NODES) {
        const { status, body: got } = await pool
          .ask(node, path)
          .catch((error: unknown) => ({ status: 0, body: String(error) }));
        if (status !== 200 || got !== body) {
          broken.push(`${HOST}${path} of node ${String(node)}: ${String(status)}, ${String(got.length)} bytes`);
        }
      }
    }

    expect(broken).toEqual([]);
  });
});
