import pc from "picocolors";
import { readableAccess } from "../../infra/edge/accessLine";
import { firstSteps } from "../../infra/edge/text";

const STARTED = {
  host: "cdn.example.com",
  region: "eu-west-1",
  origin: "http://127.0.0.1:8000",
  ports: { https: 8443, http: 8444 },
  authorityFile: "/cache/ca.pem",
};

describe("what a started node says", () => {
  test("is where it listens, and lines to paste", () => {
    expect(firstSteps(STARTED)).toMatchSnapshot();
  });

  test("is safe to paste, whatever the folder is called", () => {
    const text = firstSteps({ ...STARTED, authorityFile: "/home/o'neil/my cache/ca.pem" });

    expect(text).toContain(`--cacert '/home/o'\\''neil/my cache/ca.pem' `);
  });
});

describe("a line of the access log on a terminal", () => {
  const plain = pc.createColors(false);
  const LINE = {
    time: "2026-03-01T12:34:56.789012Z",
    site: "cdn.example.com",
    method: "GET",
    path: "/a",
    status: 200,
    cache: "hit",
    ms_total: 3,
    more: 1,
  };
  const shown = (changes: object): string => readableAccess(JSON.stringify({ ...LINE, ...changes }), plain);

  test("has time, status, method, host and path, cache status and duration", () => {
    expect(shown({})).toBe("12:34:56.789 200 GET  cdn.example.com/a hit 3 ms");
  });

  test("has a dash where a request had no method or met no cache", () => {
    expect(shown({ status: 400, method: null, site: null, path: null, cache: "" })).toBe(
      "12:34:56.789 400 -     - 3 ms",
    );
  });

  test.each(["no JSON", "{}", '{"time": 1}'])("is shown as it is when it is something else: %s", (line) => {
    expect(readableAccess(line, plain)).toBe(line);
  });
});
