import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { Metadata } from "../../../../components/node/agent/metadata";

const DATA = "/latest/meta-data/";

describe("instance metadata", () => {
  let server: http.Server;
  let tokens: string[];
  let paths: Record<string, http.RequestListener | string>;
  let metadata: Metadata;

  beforeEach(async () => {
    tokens = [];
    paths = {};
    server = http.createServer((request, response) => {
      const { method, url = "", headers } = request;
      if (method === "PUT" && url === "/latest/api/token" && headers["x-aws-ec2-metadata-token-ttl-seconds"]) {
        tokens.push(`token-${tokens.length + 1}`);
        response.end(tokens.at(-1));
        return;
      }
      const answer = headers["x-aws-ec2-metadata-token"] === tokens.at(-1) ? paths[url] : 401;
      if (typeof answer === "function") {
        answer(request, response);
        return;
      }
      response.statusCode = typeof answer === "number" ? answer : answer === undefined ? 404 : 200;
      response.end(typeof answer === "string" ? answer : "<html>no</html>");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    metadata = new Metadata(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  test("is read with one token for all of it", async () => {
    paths[`${DATA}instance-id`] = "i-0123456789abcdef0\n";
    paths[`${DATA}tags/instance/aws:autoscaling:groupName`] = "eu-west-1-nodes-1a2b3c4";
    paths[`${DATA}autoscaling/target-lifecycle-state`] = "Terminated";
    paths[`${DATA}spot/instance-action`] = JSON.stringify({ action: "terminate", time: "2026-01-02T03:04:05Z" });

    expect([
      await metadata.instanceId(),
      await metadata.groupName(),
      await metadata.targetLifecycleState(),
      await metadata.spotAction(),
    ]).toEqual([
      "i-0123456789abcdef0",
      "eu-west-1-nodes-1a2b3c4",
      "Terminated",
      { action: "terminate", time: "2026-01-02T03:04:05Z" },
    ]);
    expect(tokens).toHaveLength(1);
  });

  test("says undefined for what an instance need not have", async () => {
    expect([await metadata.groupName(), await metadata.targetLifecycleState(), await metadata.spotAction()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("asks for another token when the one that it has is no good any more", async () => {
    paths[`${DATA}autoscaling/target-lifecycle-state`] = "InService";
    await metadata.targetLifecycleState();
    tokens.push("another");

    expect(await metadata.targetLifecycleState()).toBe("InService");
  });

  test.each([
    [
      "a page of something else",
      "<html>Terminated</html>",
      /^metadata autoscaling\/target-lifecycle-state: not in the form that it has, "<html>/,
    ],
    ["nothing", "", /^metadata autoscaling\/target-lifecycle-state: not in the form that it has, ""$/],
    ["a state with a tail", "Terminated\nx", /^metadata autoscaling\/target-lifecycle-state: not in the form/],
  ])("rejects a lifecycle state that is %s", async (_, text, message) => {
    paths[`${DATA}autoscaling/target-lifecycle-state`] = text;

    await expect(metadata.targetLifecycleState()).rejects.toThrow(message);
  });

  test.each(["null", "{}", "terminate", '{"action":"explode","time":"2026-01-02T03:04:05Z"}'])(
    "rejects %s as a Spot notice",
    async (text) => {
      paths[`${DATA}spot/instance-action`] = text;

      await expect(metadata.spotAction()).rejects.toThrow();
    },
  );

  test("rejects an instance without an id, an error and a redirect", async () => {
    paths[`${DATA}spot/instance-action`] = (_, response) => {
      response.writeHead(500).end("Terminated");
    };
    paths[`${DATA}autoscaling/target-lifecycle-state`] = (_, response) => {
      response.writeHead(302, { location: `${DATA}instance-id` }).end();
    };

    await expect(metadata.instanceId()).rejects.toThrow("metadata instance-id: not in the form that it has, undefined");
    await expect(metadata.spotAction()).rejects.toThrow("metadata spot/instance-action: status 500");
    await expect(metadata.targetLifecycleState()).rejects.toThrow("fetch failed");
  });

  test("rejects what does not come in time, and what is not there", async () => {
    paths[`${DATA}instance-id`] = (_, response) => {
      response.write("i-");
    };

    await expect(metadata.instanceId()).rejects.toThrow("The operation was aborted due to timeout");
    server.closeAllConnections();
    server.close();
    await expect(metadata.instanceId()).rejects.toThrow("fetch failed");
  });
});
