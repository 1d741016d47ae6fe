import * as fc from "fast-check";
import { exactPattern, fieldName, queryPattern } from "../../../components/node/varnish/escape";
import { sitesVcl } from "../../../components/node/varnish/sites";
import { siteSchema } from "../../../infra/config/schemaSite";
import { SITES } from "./site";

const TOKEN_CHARACTERS = Array.from("!#$%&'*+.^_`|~0123456789azAZ-");
const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARACTERS), minLength: 1, maxLength: 20 });
/** Whatever the schema lets through as the name of a query parameter. */
const queryName = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from("\"{}\\;%[]()'`$*+?.|#")),
      fc.string({ minLength: 1, maxLength: 1, unit: "grapheme" }),
    ),
    minLength: 1,
    maxLength: 20,
  })
  .filter((name) => /^[^=&#?\s]{1,128}$/.test(name));
const ascii = fc.string({
  unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
});

/** VCL without what stands in its strings. */
function shape(vcl: string): string {
  return vcl.replace(/"[^"\n]*"/g, '""');
}

describe("text of a stack file in VCL", () => {
  test("cannot leave the string that it is put into", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(exactPattern(text)).toMatch(/^[A-Za-z0-9_\\-]*$/);
        expect(queryPattern(text)).toMatch(/^[A-Za-z0-9_\\()?:|%[\]-]*$/);
      }),
    );
  });

  test("changes nothing but strings, whatever the names of parameters, fields and cookies", () => {
    const plain = SITES[1]!;
    const expected = shape(
      sitesVcl([{ ...plain, tagHeader: "a", cacheKey: { query: ["a"], headers: ["a!"], cookies: ["a"] } }]),
    );
    fc.assert(
      fc.property(queryName, token, token, (query, header, cookie) => {
        const vcl = sitesVcl([
          { ...plain, tagHeader: "a", cacheKey: { query: [query], headers: [`${header}!`], cookies: [cookie] } },
        ]);

        expect(shape(vcl)).toBe(expected);
      }),
    );
  });

  test("as a pattern matches itself and nothing else", () => {
    fc.assert(
      fc.property(ascii, ascii, (text, other) => {
        const pattern = new RegExp(`^${exactPattern(text)}$`);

        expect(pattern.test(text)).toBe(true);
        expect(pattern.test(other)).toBe(other === text);
      }),
    );
  });

  test("as the name of a parameter matches each way in which clients encode it", () => {
    fc.assert(
      fc.property(ascii, (text) => {
        const pattern = new RegExp(`^${queryPattern(text)}$`);
        const encoded = encodeURIComponent(text);

        expect(pattern.test(text)).toBe(true);
        expect(pattern.test(encoded)).toBe(true);
        expect(pattern.test(encoded.replace(/%[0-9A-F]{2}/g, (part) => part.toLowerCase()))).toBe(true);
        expect(pattern.test(`${text}x`)).toBe(false);
      }),
    );
  });

  test("as a field name has quotes where VCL wants them, and cannot end them", () => {
    expect(fieldName("Accept-Language")).toBe("Accept-Language");
    expect(fieldName("X.Tags")).toBe('"X.Tags"');
    fc.assert(
      fc.property(token, (name) => {
        expect(fieldName(name)).toMatch(/^(?:[A-Za-z][A-Za-z0-9_-]*|"[^"\\\s]+")$/);
      }),
    );
  });

  test.each(['a"b', "a\\b", "a b", "a\nb", "a{b"])("rejects the field name %j in a stack file", (name) => {
    expect(siteSchema.shape.tagHeader.safeParse(name).success).toBe(false);
  });
});
