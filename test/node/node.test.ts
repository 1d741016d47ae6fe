import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { nodeFiles } from "../../components/node/files";
import type { Listen } from "../../components/node/options";
import type { Origin, Site } from "../../components/node/site";
import { authority, certificateFor } from "../../infra/edge/authority";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { RunningNode } from "../../infra/edge/node";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { edgeOptions } from "../../infra/edge/settings";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { until } from "./origin/until";
import { clientHeader, exchange, request, type Answer } from "./proxied";

const CLIENT = clientHeader("198.51.100.7");

function get(node: RunningNode, host: string, target = "/"): Promise<Answer> {
  return exchange(node.ports.traffic, CLIENT, request("GET", target, { Host: host }));
}

async function listening(server: http.Server | https.Server, scheme: Origin["scheme"]): Promise<Origin> {
  server.on("request", (_, response: http.ServerResponse) => {
    response.setHeader("Cache-Control", "max-age=60");
    response.end(`by ${scheme}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { scheme, host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

describeWith([DEBIAN], "a running node", () => {
  let plain: http.Server;
  let secure: https.Server;
  let scratch: string;
  let trust: string;
  let origins: { http: Origin; https: Origin };
  let node: RunningNode;
  const lines: string[] = [];
  const site = (host: string, origin: Origin): Site => ({ ...edgeOptions(origin).sites[0]!, host });
  const files =
    (...sites: readonly Site[]) =>
    (listen: Listen) =>
      nodeFiles({ ...edgeOptions(origins.http), sites, listen });
  const both = () => files(site("plain.example.com", origins.http), site("secure.example.com", origins.https));

  beforeAll(async () => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-node-"));
    const root = await PrivateRoot.start(debianRootFolder());
    const ca = await authority(root, path.join(scratch, "ca"));
    const pem = await certificateFor(root, ca, ["localhost"]);
    await root.stop();
    trust = ca.certificate;
    plain = http.createServer();
    secure = https.createServer({ cert: pem, key: pem });
    origins = {
      http: await listening(plain, "http"),
      https: { ...(await listening(secure, "https")), host: "localhost" },
    };
    node = await RunningNode.start({
      root: debianRootFolder(),
      files: both(),
      trust,
      onAccess: (line) => lines.push(line),
    });
  });

  afterAll(async () => {
    await node.stop();
    plain.close();
    secure.close();
    plain.closeAllConnections();
    secure.closeAllConnections();
    fs.rmSync(scratch, { recursive: true });
  });

  test("has its programs run as their own users", async () => {
    const { stdout } = await node.exec("sh", "-c", "stat -c '%U %G' /proc/[0-9]*/ | sort | uniq");

    expect(stdout).toContain("haproxy haproxy\n");
    expect(stdout).toContain("vcache varnish\n");
    expect(node.root.processes().map(({ name }) => name)).toEqual(
      expect.arrayContaining(["haproxy", "varnishd", "cache-main"]),
    );
  });

  test("serves from an origin by HTTP", async () => {
    expect(await get(node, "plain.example.com")).toMatchObject({ status: 200, body: "by http" });
  });

  test("serves from an origin by HTTPS whose authority it was told to trust", async () => {
    expect(await get(node, "secure.example.com")).toMatchObject({ status: 200, body: "by https" });
  });

  test("rejects an origin by HTTPS whose authority it was not told to trust", async () => {
    const other = await RunningNode.start({ root: debianRootFolder(), files: both() });
    const { status } = await get(other, "secure.example.com");
    await other.stop();

    expect(status).toBe(503);
  });

  test("hands on its access log", async () => {
    await get(node, "plain.example.com", "/logged");

    while (!lines.some((line) => line.includes('"/logged"'))) {
      await new Promise(setImmediate);
    }
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ site: "plain.example.com", path: "/logged", status: 200 });
  });

  test("takes up a new site by a reload, without a restart and with its cache", async () => {
    await get(node, "plain.example.com", "/kept");
    const before = node.root.processes().find(({ name }) => name === "cache-main");

    await node.reload(files(site("plain.example.com", origins.http), site("new.example.com", origins.http)));

    const kept = await get(node, "plain.example.com", "/kept");
    expect(kept.headers["cache-status"]).toMatch(/; ?hit/);
    expect((await get(node, "new.example.com")).status).toBe(200);
    expect((await get(node, "secure.example.com")).status).toBe(421);
    expect(node.root.processes().find(({ name }) => name === "cache-main")).toEqual(before);
    await node.reload(both());
  });

  test.each([
    ["/etc/haproxy/haproxy.cfg", "haproxy"],
    ["/etc/varnish/default.vcl", "varnish"],
  ])("rejects a broken %s at a reload, and goes on", async (file, program) => {
    const broken = node.reload((listen) => ({ ...both()(listen), [file]: "broken\n" }));

    await expect(broken).rejects.toThrow(new RegExp(`^${program} refuses its configuration: `));
    expect((await get(node, "plain.example.com", `/after/${program}`)).status).toBe(200);
    expect(node.root.read(file)).not.toBe("broken\n");
  });

  test("comes back after each of its programs was killed", async () => {
    await node.kill("varnish", "workers");
    await node.untilServing();
    await node.kill("varnish", "main");
    await node.restart("varnish");
    await node.kill("haproxy", "main");
    await node.restart("haproxy");

    expect((await get(node, "plain.example.com", "/again")).status).toBe(200);
  });

  test("answers Varnish's commands and HAProxy's master's", async () => {
    expect((await node.varnishadm("ping")).stdout).toMatch(/^PONG/);
    // It may just have been started again.
    const version = await until("the master", () => node.master("show version").catch(() => undefined));
    expect(version).toMatch(/^3\.0\./);
  });

  test("rejects a configuration with what the program says of it", async () => {
    const started = RunningNode.start({
      root: debianRootFolder(),
      files: (listen) => ({ ...both()(listen), "/etc/haproxy/haproxy.cfg": "broken\n" }),
    });

    await expect(started).rejects.toThrow(/unknown keyword 'broken' out of section/);
  });
});
