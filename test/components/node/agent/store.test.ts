import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { counted, s3Store } from "../../../../components/node/agent/store";

describe("the store", () => {
  const former = { ...process.env };
  let server: http.Server;
  let answer: (response: http.ServerResponse) => void;

  beforeEach(async () => {
    server = http.createServer((_, response) => {
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${String(port)}`,
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "key",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    });
  });

  afterEach(() => {
    process.env = { ...former };
    server.close();
    server.closeAllConnections();
  });

  test("rejects an object that breaks off", async () => {
    answer = (response) => {
      response.writeHead(200, { etag: '"e"', "content-length": "100" });
      response.write("part", () => response.destroy());
    };
    await expect(s3Store("eu-west-1", "bucket").get("key")).rejects.toThrow("aborted");
  });

  test("rejects an object that is larger than a node reads, whatever its length says", async () => {
    answer = (response) => {
      response.writeHead(200, { etag: '"e"' });
      const megabyte = Buffer.alloc(1024 * 1024);
      const go = (): void => {
        if (!response.destroyed) {
          response.write(megabyte, go);
        }
      };
      go();
    };
    await expect(s3Store("eu-west-1", "bucket").get("key")).rejects.toThrow(
      new Error("key is larger than the 33554432 bytes that a node reads"),
    );
  });

  test("tells of each call that fails", async () => {
    answer = (response) => {
      response.writeHead(403).end();
    };
    let failed = 0;
    const store = counted(s3Store("eu-west-1", "bucket"), () => failed++);
    const calls = [store.get("k"), store.getUnless("k", "e"), store.list("p"), store.put("k", "v")];
    const outcomes = await Promise.allSettled(calls);
    expect([outcomes.map(({ status }) => status), failed]).toEqual([Array(4).fill("rejected"), 4]);
  });
});
