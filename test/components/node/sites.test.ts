import { sitesVcl } from "../../../components/node/varnish/sites";
import type { Site } from "../../../components/node/site";
import { SITES } from "./site";

const withKey = (cacheKey: Partial<Site["cacheKey"]>): string =>
  sitesVcl(SITES.map((site) => ({ ...site, cacheKey: { query: "all", headers: [], cookies: [], ...cacheKey } })));

describe("the key of a cached object", () => {
  test("has nothing of the query when a site says so", () => {
    const vcl = withKey({ query: "none" });

    expect(vcl).toContain('set req.url = regsub(req.url, "\\?.*$", "");');
    expect(vcl).not.toContain("X-Footprint-Query");
    expect(vcl).not.toBe(withKey({ query: "all" }));
  });

  // Else a stack file whose lines were put in order would lose every object of the site.
  test.each<[string, Partial<Site["cacheKey"]>, Partial<Site["cacheKey"]>]>([
    ["query parameters", { query: ["b", "c", "a"] }, { query: ["a", "b", "c"] }],
    ["fields", { headers: ["Beta", "Gamma", "Alpha"] }, { headers: ["Alpha", "Beta", "Gamma"] }],
    ["cookies", { cookies: ["b", "c", "a"] }, { cookies: ["a", "b", "c"] }],
  ])("does not depend on the order in which a stack file names its %s", (_, one, other) => {
    expect(withKey(one)).toBe(withKey(other));
  });
});
