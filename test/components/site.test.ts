import { siteProblems, sitesProblems, type SiteArgs } from "../../components/site";

const SITE: SiteArgs = {
  host: "cdn.example.com",
  origins: [{ scheme: "https", host: "origin.example.net", port: 443 }],
};

test("rejects fields that a site cannot have, as a stack file does", () => {
  const wrong: SiteArgs = { ...SITE, cacheKey: { headers: ["accept", "a;b", "cookie"] }, tagHeader: "Set-Cookie" };

  expect(siteProblems(wrong)).toEqual([
    'sites.cdn.example.com.cacheKey.headers[1]: must be the name of an HTTP field, of letters, digits and hyphens, got "a;b"',
    'sites.cdn.example.com.cacheKey.headers[2]: must be another field, got "cookie", which is not taken as a whole: name single cookies in cacheKey.cookies',
    'sites.cdn.example.com.tagHeader: must be another field, got "Set-Cookie", which says whether and for whom a response may be stored',
  ]);
  expect(siteProblems(SITE)).toEqual([]);
});

test("rejects a way with DNS that there is not", () => {
  const wrong: SiteArgs = { ...SITE, dns: JSON.parse('"soon"') as "now" };

  expect(siteProblems(wrong)).toEqual(['sites.cdn.example.com.dns: must be one of now, later, got "soon"']);
});

test("rejects more sites, and more origins, than a node was measured with", () => {
  const many = (count: number, origins: number): SiteArgs[] =>
    Array.from({ length: count }, () => ({
      ...SITE,
      origins: Array.from({ length: origins }, () => SITE.origins[0]!),
    }));

  expect(sitesProblems(many(1000, 2))).toEqual([]);
  expect(sitesProblems(many(1001, 1))).toEqual(["sites: must be at most 1000, got 1001"]);
  expect(sitesProblems(many(667, 3))).toEqual(["sites: must have at most 2000 origins all together, got 2001"]);
});
