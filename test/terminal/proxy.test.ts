import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import * as pulumi from "@pulumi/pulumi";
import { parameterValue } from "../../infra/commands/lookUps";
import { nodesAreThere } from "../../infra/nodesFirst";
import { clientsOf } from "../../infra/operate/clients";
import { LogReader } from "../../infra/operate/logs/bucket";
import { goesDirect, proxyOptions } from "../../infra/terminal/proxy";
import { UserError } from "../../infra/terminal/userError";

// The cases follow the documentation of golang.org/x/net/http/httpproxy, which Pulumi and its AWS provider go by.
describe("NO_PROXY", () => {
  test.each([
    ["localhost", ""],
    ["127.0.0.7", ""],
    ["::1", ""],
    ["s3.eu-west-1.amazonaws.com", "*"],
    ["s3.eu-west-1.amazonaws.com", "amazonaws.com"],
    ["s3.eu-west-1.amazonaws.com", "example.com, .amazonaws.com"],
    ["amazonaws.com", "amazonaws.com"],
    ["S3.Eu-West-1.amazonaws.com.", "amazonaws.com"],
    ["s3.eu-west-1.amazonaws.com", "amazonaws.com:443"],
    ["10.1.2.3", "10.0.0.0/8"],
    ["10.1.2.3", "10.1.2.3"],
    ["fd00::7", "fd00::/8"],
  ])("lets %s go directly with %j", (host, noProxy) => {
    expect(goesDirect(host, 443, noProxy)).toBe(true);
  });

  test.each([
    ["s3.eu-west-1.amazonaws.com", ""],
    ["amazonaws.com", ".amazonaws.com"],
    ["notamazonaws.com", "amazonaws.com"],
    ["s3.eu-west-1.amazonaws.com", "amazonaws.com:80"],
    ["11.1.2.3", "10.0.0.0/8"],
    ["s3.eu-west-1.amazonaws.com", "10.0.0.0/99"],
  ])("has %s go by the proxy with %j", (host, noProxy) => {
    expect(goesDirect(host, 443, noProxy)).toBe(false);
  });
});

test("without HTTPS_PROXY there is no proxy; the upper-case name wins; a host alone is one of HTTP", () => {
  const proxyOf = (environment: object) => proxyOptions({ ...environment }).httpsAgent?.proxy.href;

  expect(proxyOptions({ HTTP_PROXY: "http://proxy.example.com" })).toEqual({});
  expect(proxyOf({ HTTPS_PROXY: "http://a.example.com:3128", https_proxy: "http://b.example.com" })).toBe(
    "http://a.example.com:3128/",
  );
  expect(proxyOf({ https_proxy: "proxy.example.com:3128" })).toBe("http://proxy.example.com:3128/");
});

test.each(["socks5://proxy.example.com", "http://"])("rejects %s, without repeating it", (given) => {
  expect(() => proxyOptions({ HTTPS_PROXY: given })).toThrow(
    new UserError("HTTPS_PROXY: must be the URL of an HTTP proxy, such as http://proxy.example.com:3128"),
  );
});

describe("a call to AWS", () => {
  const environment = { ...process.env };
  const asked: string[] = [];
  let server: Server;

  beforeAll(async () => {
    // It says who is asked for, and lets nobody through.
    server = createServer().on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    Object.assign(process.env, {
      HTTPS_PROXY: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_MAX_ATTEMPTS: "1",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });
  });

  afterAll(async () => {
    process.env = environment;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      "a look-up",
      () => parameterValue("eu-west-1", "/aws/service/debian/release/13/latest/arm64"),
      "ssm.eu-west-1.amazonaws.com",
    ],
    ["a purge", () => clientsOf("eu-west-1").s3.send(new ListBucketsCommand({})), "s3.eu-west-1.amazonaws.com"],
    [
      "access logs",
      () => new LogReader("eu-west-1", "edge-logs").objects("2026-11-28T07"),
      "edge-logs.s3.eu-west-1.amazonaws.com",
    ],
    [
      "the look for healthy nodes",
      () => nodesAreThere({ region: "eu-west-1", group: pulumi.output("edge"), min: 1, direct: false }),
      "autoscaling.eu-west-1.amazonaws.com",
    ],
  ])("goes by the proxy: %s", async (_, call, host) => {
    asked.length = 0;

    await expect(call()).rejects.toThrow();

    expect(new Set(asked)).toEqual(new Set([`${host}:443`]));
  });
});
