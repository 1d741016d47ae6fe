import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { matches, TargetGroup, type TargetState } from "../../infra/lab/targetGroup";

// AWS, "Health checks for Network Load Balancer target groups": states, thresholds and matchers.

const CHECK = { port: 8089, path: "/health", matcher: "200", timeout: 1, healthyThreshold: 2, unhealthyThreshold: 3 };

test.each([
  ["200", [200], [201, 404]],
  ["200-299", [200, 250, 299], [199, 300]],
  ["200,301-302", [200, 301, 302], [303, 404]],
])("the matcher %s takes what it names and nothing else", (matcher, taken, refused) => {
  expect(taken.filter((status) => !matches(matcher, status))).toEqual([]);
  expect(refused.filter((status) => matches(matcher, status))).toEqual([]);
});

describe("a target", () => {
  let server: http.Server;
  let asked: number;
  let answer: (asked: number) => number;
  let states: TargetState[];
  let group: TargetGroup;

  beforeEach(async () => {
    [asked, states] = [0, []];
    server = http.createServer((_, response) => response.writeHead(answer(++asked)).end());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    group = new TargetGroup(
      {
        ...{ arn: "arn", port: 8443, proxyProtocol: true, deregistrationDelay: 0 },
        check: { ...CHECK, interval: 0.01 },
      },
      ({ state }) => states.push(state),
    );
  });

  afterEach(async () => {
    group.stop();
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });

  const backend = () => ({
    id: "i-1",
    zone: "a",
    connect: () => net.connect((server.address() as AddressInfo).port, "127.0.0.1"),
  });

  /** The number of checks that had been made when it became so. */
  async function askedUntil(state: TargetState): Promise<number> {
    while (!states.includes(state)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return asked;
  }

  test("is healthy after as many checks that passed as it takes, and no sooner", async () => {
    answer = () => 200;
    group.register(backend());

    expect(await askedUntil("healthy")).toBe(2);
    expect(states).toEqual(["initial", "healthy"]);
  });

  test("is unhealthy after as many that failed in a row, and a single one changes nothing", async () => {
    // Healthy at the second; the fourth fails alone; from the sixth on all fail.
    answer = (number) => (number === 4 || number >= 6 ? 503 : 200);
    group.register(backend());

    expect(await askedUntil("unhealthy")).toBe(8);
    expect(states).toEqual(["initial", "healthy", "unhealthy"]);
  });

  test("is draining once it is deregistered, and gone after the delay", async () => {
    answer = () => 200;
    group.register(backend());
    await askedUntil("healthy");
    const gone = group.deregister("i-1");

    expect(group.stateOf("i-1")).toBe("draining");
    await gone;
    expect(group.targets).toEqual([]);
  });
});
