import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { once } from "node:events";
import { nodeFiles } from "../../components/node/files";
import { requireMachine } from "../../infra/edge/machine";
import { freePorts } from "../../infra/edge/ports";
import { runEdge } from "../../infra/edge/run";
import { renderTo } from "../../infra/edge/renderTo";
import { edgeOptions, nodeOptions } from "../../infra/edge/settings";
import { footprint } from "../support/cli";
import { shippedSites } from "../support/sites";

const ORIGIN = { scheme: "http", host: "127.0.0.1", port: 8000 } as const;

describe("footprint node render", () => {
  let scratch: string;
  const args = (...more: readonly string[]) => ["node", "render", "--stack", "europe", ...more];

  beforeEach(() => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-render-"));
  });

  afterEach(() => {
    fs.rmSync(scratch, { recursive: true });
  });

  test("writes the files of a PoP's nodes and lists them", () => {
    const out = path.join(scratch, "new");
    const files = nodeFiles(nodeOptions("europe", "eu-north-1"));

    const { status, stdout, stderr } = footprint(args("--pop", "eu-north-1", "--out", out));

    const listed = stdout.trimEnd().split("\n");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(listed.map((file) => `/${file}`)).toEqual(Object.keys(files).sort());
    for (const file of listed) {
      expect(fs.readFileSync(path.join(out, file), "utf8")).toBe(files[`/${file}`]);
    }
  });

  test("makes programs executable, and only them", () => {
    const files = renderTo({ stack: "europe", pop: "eu-north-1", out: scratch });

    const executable = files.filter((file) => (fs.statSync(path.join(scratch, file)).mode & 0o111) !== 0);
    expect(executable).toEqual(files.filter((file) => file.startsWith("usr/local/lib/footprint/")));
    expect(executable).not.toEqual([]);
  });

  test("writes into a folder that holds something with --force, and removes nothing", () => {
    fs.writeFileSync(path.join(scratch, "notes"), "mine");

    const { status } = footprint(args("--pop", "eu-north-1", "--out", scratch, "--force"));

    expect(status).toBe(0);
    expect(fs.readdirSync(scratch)).toEqual(expect.arrayContaining(["etc", "notes"]));
  });

  test("rejects a folder that holds something, with exit code 2", () => {
    fs.writeFileSync(path.join(scratch, "notes"), "mine");

    const { status, stdout, stderr } = footprint(args("--pop", "eu-north-1", "--out", scratch));

    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: `error: --out: must be empty or not there yet, got "${scratch}"; --force writes into it, and removes nothing\n`,
    });
    expect(fs.readdirSync(scratch)).toEqual(["notes"]);
  });

  test("rejects a file in place of the folder", () => {
    const out = path.join(scratch, "file");
    fs.writeFileSync(out, "");

    expect(() => renderTo({ stack: "europe", pop: "eu-north-1", out, force: true })).toThrow(
      new Error(`--out: must be a folder, got the file "${out}"`),
    );
  });

  test("rejects a PoP that the stack has not, naming those that it has, with exit code 2", () => {
    const { status, stderr } = footprint(args("--pop", "eu-nort-1", "--out", scratch));

    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        'error: --pop: must be a PoP of the stack, got "eu-nort-1", did you mean "eu-north-1"?; there are: eu-central-1, eu-north-1, eu-west-1\n',
    });
  });

  test("rejects a stack that there is not, with exit code 2", () => {
    const { status, stderr } = footprint(["node", "render", "--stack", "erope", "--pop", "x", "--out", scratch]);

    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        'error: --stack: must name a file stacks/Pulumi.<stack>.yaml, got "erope", did you mean "europe"?; there are: europe, global, sandbox\n',
    });
  });
});

describe("what a node that is tried out serves", () => {
  test("is localhost with the defaults where no stack is named", () => {
    expect(edgeOptions(ORIGIN).sites).toEqual([
      {
        host: "localhost",
        origins: [ORIGIN],
        originHost: "origin",
        cacheKey: { query: "all", headers: [], cookies: [] },
        stale: { whileRevalidate: 60, ifError: 86_400 },
        maxAge: 86_400,
        methods: ["GET", "HEAD"],
        websocket: false,
        compression: true,
        clientAddress: "full",
        redirectStatus: 308,
        tagHeader: "Surrogate-Key",
      },
    ]);
  });

  test("is the named site alone, with its settings and the given origin", () => {
    const host = "images.example.com";
    const site = shippedSites("global").find((each) => each.host === host);

    expect(edgeOptions(ORIGIN, "global", host)).toMatchObject({
      region: "af-south-1",
      popName: "af-south-1.pop.example.com",
      sites: [{ ...site, origins: [ORIGIN] }],
    });
  });

  test("is the stack's only site where none is named", () => {
    const [site] = shippedSites("sandbox");

    expect(edgeOptions(ORIGIN, "sandbox").sites).toEqual([{ ...site, origins: [ORIGIN] }]);
  });
});

describe("footprint edge", () => {
  const HOSTS = "api.example.com, downloads.example.com, example.net, images.example.com, www.example.com";

  test.each([
    [{ site: "x" }, '--site: needs --stack, the stack that has the site, got only "x"'],
    [{ stack: "global" }, `--site: the stack has several, name one of them: ${HOSTS}`],
    [
      { stack: "global", site: "image.example.com" },
      `--site: must be a site of the stack, got "image.example.com", did you mean "images.example.com"?; there are: ${HOSTS}`,
    ],
    [
      { stack: "globe" },
      '--stack: must name a file stacks/Pulumi.<stack>.yaml, got "globe", did you mean "global"?; there are: europe, global, sandbox',
    ],
    [{ port: "http" }, '--port: must be a port from 1 to 65534, got "http"'],
    [{ port: "0" }, '--port: must be a port from 1 to 65534, got "0"'],
    [{ port: "65535" }, '--port: must be a port from 1 to 65534, got "65535"'],
  ])("rejects %j", async (options, message) => {
    const run = runEdge({ origin: "http://127.0.0.1:8000", port: "8443", ...options });

    await expect(run).rejects.toThrow(new Error(message));
  });

  test.each([0, 1])("rejects a port that is taken, itself or its next (%i)", async (distance) => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const taken = (server.address() as net.AddressInfo).port;
    const port = String(taken - distance);

    const refused = await runEdge({ origin: "http://127.0.0.1:8000", port }).catch(String);
    server.close();

    // The port before may be taken, too.
    const named = /^UserError: --port: 127\.0\.0\.1:(\d+) must be free, (.*)$/.exec(refused ?? "");
    expect([taken, taken - distance]).toContain(Number(named?.[1]));
    expect(named?.[2]).toBe(`as https has this port and http the next one; choose another, got "${port}"`);
  });

  test("rejects a user who is not root", async () => {
    jest.spyOn(process, "getuid").mockReturnValue(1000);
    const [port = 0] = await freePorts(1);

    const refused = await runEdge({ origin: "http://127.0.0.1:8000", port: String(port) }).catch(String);
    jest.restoreAllMocks();

    expect(refused).toBe(
      "UserError: a node needs root, for its private mounts and its users: run the command with sudo",
    );
  });

  test("rejects a machine that does not run Linux", () => {
    expect(() => {
      requireMachine("darwin");
    }).toThrow(new Error("a node runs on Linux only, this is darwin: use a virtual machine with Linux"));
  });

  test("rejects a command line without an origin, with exit code 2", () => {
    expect(footprint(["edge"])).toMatchObject({ status: 2, stdout: "" });
  });
});
