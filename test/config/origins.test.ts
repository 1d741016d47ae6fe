import { formatOrigin, originTexts, parseOrigin } from "../../infra/config/origins";

// The parts are those of RFC 3986, appendix B: the authority ends with the first / ? or #, whatever comes after it.
describe("an origin's text", () => {
  test.each([
    ["https://origin.example.net", { scheme: "https", host: "origin.example.net", port: 443 }],
    ["http://origin.example.net", { scheme: "http", host: "origin.example.net", port: 80 }],
    ["http://origin.example.net:443", { scheme: "http", host: "origin.example.net", port: 443 }],
    ["https://origin.example.net:65535", { scheme: "https", host: "origin.example.net", port: 65_535 }],
    ["ftp://origin.example.net", "origin-scheme"],
    ["xhttps://origin.example.net", "origin-scheme"],
    ["httpss://origin.example.net", "origin-scheme"],
    ["HTTPS://origin.example.net", "origin-scheme"],
    ["https:origin.example.net", "origin-scheme"],
    ["https:/origin.example.net", "origin-scheme"],
    ["", "origin-scheme"],
    ["https://a@origin.example.net/x?y", "origin-credentials"],
    ["https://origin.example.net/a@b", "origin-path"],
    ["https://origin.example.net/\n", "origin-path"],
    ["https://origin.example.net/x?y", "origin-query"],
    ["https://origin.example.net?\n", "origin-query"],
    ["https://origin.example.net#/x", "origin-query"],
    ["https://origin.example.net:8443:1", "origin-port"],
    ["https://origin.example.net:80\n", "origin-port"],
    ["https://origin.example.net:\n80", "origin-port"],
    ["https://origin.example.net:123456", "origin-port"],
    ["https://[2001:db8::1]:x", "origin-port"],
    ["https://[2001:db8::1]:8443", "origin-address"],
    ["https://[2001:db8::1]", "origin-address"],
    ["https://[", "origin-address"],
    ["https://192.0.2.1:8443", "origin-address"],
    ["https://192.0.2.1.", "origin-address"],
    ["https://", "origin-host"],
    ["https://:443", "origin-host"],
    ["https://a[b].example.net", "origin-host"],
    ["https://origin.example.net\n", "origin-host"],
    ["https://localhost", "origin-host"],
  ])("%j: %j", (text, expected) => {
    expect(parseOrigin(text)).toEqual(expected);
  });

  test("is compared with its scheme and port, and may be one of several", () => {
    expect(formatOrigin({ scheme: "http", host: "a.example.net", port: 80 })).toBe("http://a.example.net:80");
    expect(originTexts("https://a.example.net")).toEqual(["https://a.example.net"]);
    expect(originTexts(["b", "a"])).toEqual(["b", "a"]);
  });
});
