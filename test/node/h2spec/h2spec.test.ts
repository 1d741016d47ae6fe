import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWith } from "../../support/requirements";
import { DEBIAN } from "../debianRoot";
import { Rig } from "../origin/rig";
import { reply } from "../origin/scripted";
import { clientHeader } from "../proxied";
import { listening, portOf } from "../wire/listening";
import { EXPECTED, TESTS } from "./expected";
import { H2SPEC, h2specProgram } from "./program";

/** Seconds that h2spec waits for what a test expects: it ends what hangs, also on a busy machine. */
const PATIENCE = 20;

/** By its name the suite asks for the site. */
const HOST = "localhost";

interface Report {
  readonly tests: readonly string[];
  readonly failed: readonly string[];
}

/**
 * The suite h2spec (v2.2.1, the newest that is a Go module; go.mod pins it and what it is built of), with its strict tests,
 * against HTTP/2 as the load balancer hands it to a node.
 */
describeWith([DEBIAN, H2SPEC], "h2spec", () => {
  let scratch: string;
  let rig: Rig;
  let balancer: net.Server;
  let report: Report;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "footprint-h2spec-"));
    rig = await Rig.start({ more: { [HOST]: { methods: ["GET", "HEAD", "POST", "OPTIONS"] } } });
    rig.origin.on("/", reply("the body of every answer", { "cache-control": "max-age=600" }));
    balancer = net.createServer((client) => {
      const node = net.connect({ port: rig.node.ports.traffic, host: "127.0.0.1", noDelay: true });
      node.write(clientHeader("198.51.100.7"));
      client.pipe(node).pipe(client);
      for (const [one, other] of [
        [client, node],
        [node, client],
      ] as const) {
        one.on("error", () => one.destroy());
        one.on("close", () => other.destroy());
      }
    });
    await listening(balancer);
    report = await run(h2specProgram(), portOf(balancer), join(scratch, "report.xml"));
  });

  afterAll(async () => {
    balancer.close();
    await rig.stop();
    rmSync(scratch, { recursive: true });
  });

  test("has run whole", () => {
    expect(report.tests).toHaveLength(TESTS);
  });

  test("passes, but for what is expected to fail", () => {
    expect(report.failed).toEqual(EXPECTED.map(({ test }) => test).sort());
  });
});

/** It ends with 1 when a test has failed; what it writes says which. */
function run(program: string, port: number, file: string): Promise<Report> {
  const options = [
    "--host",
    HOST,
    "--port",
    String(port),
    "--timeout",
    String(PATIENCE),
    "--strict",
    "--junit-report",
    file,
  ];
  return new Promise((resolve) => {
    execFile(program, options, () => {
      resolve(reportOf(readFileSync(file, "utf8")));
    });
  });
}

/** Tests by their section and title. */
function reportOf(xml: string): Report {
  const tests = [...xml.matchAll(/<testcase package="([^"]+)" classname="([^"]+)"[^>]*>([^]*?)<\/testcase>/g)].map(
    ([, section = "", title = "", outcome = ""]) => ({ name: `${section}: ${title}`, outcome }),
  );
  return {
    tests: tests.map(({ name }) => name),
    failed: tests.flatMap(({ name, outcome }) => (/<(failure|error)/.test(outcome) ? [name] : [])).sort(),
  };
}
