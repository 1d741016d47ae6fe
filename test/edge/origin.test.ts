import { localOrigin } from "../../infra/edge/origin";

describe("the origin of a node that is tried out", () => {
  test.each([
    ["http://127.0.0.1:8000", { scheme: "http", host: "127.0.0.1", port: 8000 }],
    ["http://app:3000", { scheme: "http", host: "app", port: 3000 }],
    ["http://origin.example.org", { scheme: "http", host: "origin.example.org", port: 80 }],
    ["https://Origin.example.org", { scheme: "https", host: "origin.example.org", port: 443 }],
    ["https://origin.example.org:8443", { scheme: "https", host: "origin.example.org", port: 8443 }],
  ])("%s is taken", (text, origin) => {
    expect(localOrigin(text)).toEqual(origin);
  });

  test("localhost is the loopback address, since no DNS knows the name", () => {
    expect(localOrigin("http://localhost:8000").host).toBe("127.0.0.1");
  });

  test.each([
    "127.0.0.1:8000",
    "localhost",
    "",
    "ftp://127.0.0.1",
    "http://127.0.0.1/",
    "http://127.0.0.1:8000/app",
    "http://127.0.0.1?a=b",
    "http://127.0.0.1#a",
    "http://user:secret@127.0.0.1",
    "http://[::1]:8000",
    "http://127.0.0.1:99999",
    "http://under_score",
  ])("rejects %j", (text) => {
    expect(() => localOrigin(text)).toThrow(
      new Error(
        `--origin: must be http://host[:port] or https://host[:port] without a path, such as http://127.0.0.1:8000, got "${text}"`,
      ),
    );
  });
});
