import { farewell } from "../../../../components/node/agent/farewell";
import { keptLog } from "./quiet";

function leaving(bucket: string | null = "logs") {
  const done: string[] = [];
  const kept = keptLog();
  const at = { seconds: 0, away: false };
  const send = (what: string) => (): Promise<void> => {
    if (at.away) {
      return Promise.reject(new Error("S3 is away"));
    }
    done.push(what);
    return Promise.resolve();
  };
  const say = farewell({
    logs: { bucket: bucket ?? undefined, shipAll: send("logs") },
    lastWords: send("last words"),
    metrics: send("metrics"),
    log: kept.log,
    now: () => at.seconds,
  });
  return { say, done, at, said: kept.said };
}

describe("a node's farewell", () => {
  test("is the rest of its access log and its metrics each time, and its last words once", async () => {
    const { say, done, said } = leaving();
    await say();
    await say();

    expect([done, said]).toEqual([["logs", "metrics", "last words", "logs", "metrics"], []]);
  });

  test("is its last metrics alone where nobody has named a bucket", async () => {
    const { say, done, said } = leaving(null);
    await say();

    expect([done, said]).toEqual([["metrics"], []]);
  });

  test("fails nobody when S3 is away, and is not tried again at once", async () => {
    const { say, done, at, said } = leaving();
    at.away = true;
    await say();
    at.away = false;
    at.seconds += 29;
    await say();
    expect([done, said]).toEqual([[], ["warn logs or metrics are left behind"]]);

    at.seconds += 1;
    await say();
    expect(done).toEqual(["logs", "metrics", "last words"]);
  });

  test.each<[string, () => Promise<void>, string]>([
    ["refuses", () => Promise.reject(new Error("S3 is away")), "logs: Error: S3 is away"],
    ["hangs", () => new Promise(() => undefined), "logs: Error: not within 0 s"],
  ])("is its last metrics all the same when S3 %s, and says what is left behind", async (_, shipAll, reason) => {
    const log = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const metrics = jest.fn(() => Promise.resolve());
    await farewell({ logs: { bucket: "logs", shipAll }, lastWords: jest.fn(), metrics, log, patience: 0 })();

    expect(metrics).toHaveBeenCalledTimes(1);
    expect(log.warn.mock.calls).toEqual([["logs or metrics are left behind", { reason }]]);
  });

  test("says of logs and of metrics why they are left behind", async () => {
    const log = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const fails = (what: string) => () => Promise.reject(new Error(`${what} is away`));
    await farewell({
      logs: { bucket: "logs", shipAll: fails("S3") },
      lastWords: jest.fn(),
      metrics: fails("CloudWatch"),
      log,
    })();

    const reason = "logs: Error: S3 is away; metrics: Error: CloudWatch is away";
    expect(log.warn.mock.calls).toEqual([["logs or metrics are left behind", { reason }]]);
  });
});
