import { BOUNDS } from "../../components/node/limits";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { aftermath, nothing } from "./wire/aftermath";
import { aimsOf } from "./wire/cases/case";
import { DOWNGRADES, fieldsOf, FRAMES, PSEUDO_HEADERS, type Http2Case } from "./wire/cases/http2";
import { block, END_HEADERS, END_STREAM, endOf, frame } from "./wire/http2";
import { WatchedNode } from "./wire/watchedNode";

const GROUPS: Readonly<Record<string, readonly Http2Case[]>> = {
  "what becomes HTTP/1.1": DOWNGRADES,
  "pseudo-headers": PSEUDO_HEADERS,
  frames: FRAMES,
};

/** Streams that a client opens and resets at once; as many requests as one client may make in ten seconds are more. */
const RESETS = 5_000;

/** CANCEL, the error code of a client that changed its mind. */
const CANCEL = Buffer.from([0, 0, 0, 8]);

describeWith([DEBIAN], "HTTP/2 that could smuggle a request", () => {
  let node: WatchedNode;

  beforeAll(async () => {
    node = await WatchedNode.start();
  });

  afterAll(async () => {
    await node.stop();
  });

  describe.each(Object.entries(GROUPS))("%s", (group, cases) => {
    test.each(cases.map((each, index) => [each.name, each, index] as const))("%s", async (_, attack, index) => {
      const aims = aimsOf(`${group.replaceAll(" ", "-")}-${index}`);

      const end = endOf(1, await node.attackHttp2(attack.frames(aims), attack.leaves));
      const atOrigin = node.origin.of(aims.target).length;

      expect({ end, atOrigin }).toEqual({ end: attack.end, atOrigin: attack.atOrigin ?? 0 });
      expect(await aftermath(node, aims.target)).toEqual(nothing(aims.target));
    });
  });

  test("5,000 streams that are reset at once harm nobody, and hardly reach the origin", async () => {
    const get = (path: string, stream: number): Buffer => {
      return frame("headers", END_STREAM | END_HEADERS, stream, block(fieldsOf(path)));
    };
    const streams = Array.from({ length: RESETS }, (_, i) => 2 * i + 1);
    const last = 2 * RESETS + 1;

    const flood = node.floodHttp2(
      ...streams.flatMap((stream) => [get(`/reset/${stream}`, stream), frame("reset", 0, stream, CANCEL)]),
      get("/behind/the/flood", last),
    );
    const during = await node.visit("/during/the/flood");

    expect(during.status).toBe(200);
    expect(endOf(last, await flood)).toBe(200);
    expect(node.origin.of("/reset/").length).toBeLessThanOrEqual(BOUNDS.CLIENT_IN_FLIGHT.smallest);
    expect(await aftermath(node, "/after/the/flood")).toEqual(nothing("/after/the/flood"));
  });
});
