import * as fc from "fast-check";
import { nodeFiles } from "../../../components/node/files";
import { siteSchema } from "../../../infra/config/schemaSite";
import { OPTIONS } from "./options";
import { SITES } from "./site";

const TOKEN_CHARACTERS = Array.from("!#$%&'*+.^_`|~0123456789azAZ-");
const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARACTERS), minLength: 1, maxLength: 20 });
/** Whatever the schema lets through as the name of a query parameter. */
const queryName = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from("\"{}\\;%[]()'`$*+?.|#,")),
      fc.string({ minLength: 1, maxLength: 1, unit: "grapheme" }),
    ),
    minLength: 1,
    maxLength: 20,
  })
  .filter((name) => /^[^=&#?\s]{1,128}$/.test(name));

function filesOf(cacheKey: (typeof SITES)[number]["cacheKey"]) {
  return nodeFiles({ ...OPTIONS, sites: [{ ...SITES[0]!, cacheKey }] });
}

describe("what a node knows of its sites", () => {
  test("is a line a site", () => {
    const files = nodeFiles(OPTIONS);

    expect(files["/etc/haproxy/sites.map"]?.split("\n").slice(1)).toEqual([
      "cdn.example.com GET, HEAD, OPTIONS;308;max-age=3600;while-revalidate=60;if-error=86400;compression=yes;websocket=no;client=full;tags=surrogate-key",
      "shop.example.com GET, POST;301;max-age=60;while-revalidate=0;if-error=0;compression=no;websocket=yes;client=truncated;tags=cache-tag",
      "",
    ]);
    expect(files["/etc/haproxy/keys.map"]?.split("\n").slice(2)).toEqual([
      "shop.example.com query=page;headers=accept-language;cookies=currency",
      "",
    ]);
  });

  test("is one line, and nothing but names, whatever the names of parameters, fields and cookies", () => {
    fc.assert(
      fc.property(queryName, token, token, (query, header, cookie) => {
        const map = filesOf({ query: [query], headers: [header], cookies: [cookie] })["/etc/haproxy/keys.map"];

        expect(map?.split("\n").slice(2).join("\n")).toMatch(
          /^cdn\.example\.com query=[A-Za-z0-9_%-]+;headers=[a-z0-9_%A-F-]+;cookies=[A-Za-z0-9_%-]+\n$/,
        );
      }),
    );
  });

  // Else a stack file whose lines were put in order would lose every object of the site.
  test.each([
    ["query parameters", { query: ["b", "c", "a"] }, { query: ["a", "b", "c"] }],
    ["fields", { headers: ["Beta", "Gamma", "Alpha"] }, { headers: ["Alpha", "Beta", "Gamma"] }],
    ["cookies", { cookies: ["b", "c", "a"] }, { cookies: ["a", "b", "c"] }],
  ])("does not depend on the order in which a stack file names its %s", (_, one, other) => {
    const key = { query: "all" as const, headers: [], cookies: [] };
    const map = (names: object) => filesOf({ ...key, ...names })["/etc/haproxy/keys.map"];

    expect(map(one)).toBe(map(other));
    expect(map(one)).not.toBe(map({}));
  });

  test("is in HAProxy's maps: Varnish's VCL is the same for all sites", () => {
    const many = Array.from({ length: 100 }, (_, i) => ({ ...SITES[1]!, host: `site${String(i)}.example.com` }));
    const vcl = (files: ReturnType<typeof nodeFiles>) =>
      Object.entries(files).filter(([path]) => path.endsWith(".vcl") || path.endsWith(".lua"));

    expect(vcl(nodeFiles(OPTIONS)).length).toBeGreaterThan(5);
    expect(vcl(nodeFiles({ ...OPTIONS, sites: many }))).toEqual(vcl(nodeFiles(OPTIONS)));
  });

  test.each(['a"b', "a\\b", "a b", "a\nb", "a{b", "a;b"])("rejects the field name %j in a stack file", (name) => {
    expect(siteSchema.shape.tagHeader.safeParse(name).success).toBe(false);
  });
});
