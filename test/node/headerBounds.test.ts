import { FIELDS_LIMIT, TAGS_LIMIT } from "../../components/node/limits";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { HOST, Rig } from "./origin/rig";
import { bytes, reply } from "./origin/scripted";

/** A response of so many fields, which may be stored. */
function ofFields(count: number): string {
  const more = Array.from({ length: count - 3 }, (_, i) => `X-Field-${String(i)}: ${String(i)}\r\n`);
  return `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 2\r\nDate: ${new Date().toUTCString()}\r\n${more.join("")}\r\nok`;
}

/** Tags of two letters or more, no two alike. */
function tags(count: number): string {
  return Array.from({ length: count }, (_, i) => `t${i.toString(36)}`).join(" ");
}

/** As many as a response may have and be stored: each is a key with the host before it. */
const MOST_TAGS = Math.floor(TAGS_LIMIT / (HOST.length + 6 + 4));

describeWith([DEBIAN], "header fields and tags of a site's origin", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(() => rig.stop());

  test.each([86, 90, 97, FIELDS_LIMIT])("%i fields are stored and delivered, all of them", async (count) => {
    const path = `/fields-${String(count)}`;
    rig.origin.on(path, bytes(ofFields(count)));

    for (const { status, headers, body } of [await rig.get(path), await rig.get(path)]) {
      const names = Object.keys(headers).filter((name) => name.startsWith("x-field-"));
      expect([status, body, names.length]).toEqual([200, "ok", count - 3]);
    }
    expect(rig.origin.requests(path)).toHaveLength(1);
  });

  test.each([FIELDS_LIMIT + 1, 120, 150, 400])("rejects %i fields, and stores nothing of it", async (count) => {
    const path = `/fields-${String(count)}`;
    rig.origin.on(path, bytes(ofFields(count)));

    const { status, headers } = await rig.get(path);
    rig.origin.on(path, reply("mended", { "cache-control": "max-age=600" }));

    expect(status).toBe(502);
    expect(headers["proxy-status"]).toMatch(/; error=http_response_(?:header_section_size|incomplete)$/);
    expect(await rig.get(path)).toMatchObject({ status: 200, body: "mended" });
  });

  test("a client's request has as many, and reaches the origin whole", async () => {
    rig.origin.on("/request", reply("ok", { "cache-control": "no-store" }));
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-Field-${String(i)}`, String(i)]));

    // Host and Connection are two.
    expect(await rig.get("/request", fields(FIELDS_LIMIT - 2))).toMatchObject({ status: 200 });
    const [request] = rig.origin.requests("/request");
    expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith("x-field-"))).toHaveLength(
      FIELDS_LIMIT - 2,
    );
    expect(await rig.get("/request", fields(FIELDS_LIMIT + 1))).toMatchObject({ status: 431 });
  });

  test("a response has as many tags as it can be purged by", async () => {
    rig.origin.on("/tags", reply("tagged", { "cache-control": "max-age=600", "surrogate-key": tags(MOST_TAGS) }));

    await rig.get("/tags");
    await rig.get("/tags");
    expect(rig.origin.requests("/tags")).toHaveLength(1);
    await rig.purge("PURGE", { tag: `t${(MOST_TAGS - 1).toString(36)}` });
    await rig.get("/tags");
    expect(rig.origin.requests("/tags")).toHaveLength(2);
  });

  test.each([MOST_TAGS + 500, 3000])("%i tags are too many: it is served and not stored", async (count) => {
    rig.origin.on("/many", reply("tagged", { "cache-control": "max-age=600", "surrogate-key": tags(count) }));
    const before = rig.origin.requests("/many").length;

    for (const { status, body, headers } of [await rig.get("/many"), await rig.get("/many")]) {
      expect([status, body]).toEqual([200, "tagged"]);
      expect(headers["cache-status"]).toContain("detail=tags");
    }
    expect(rig.origin.requests("/many")).toHaveLength(before + 2);
  });
});
