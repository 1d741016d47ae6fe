import { asciiHint, canonicalName, isHostName, isWithin, popDomainOf, primaryZoneOf } from "../../infra/config/names";

describe("a host name", () => {
  const label = (length: number) => "a".repeat(length);

  // RFC 1035, section 2.3.4: 63 octets a label, 255 a name with its lengths, which are 253 in writing. RFC 1123, section 2.1:
  // letters, digits and hyphens, a hyphen at neither end. RFC 3696, section 2: a top-level domain is not all digits.
  test.each([
    ["example.com", true],
    ["a.b", true],
    ["1.2a", true],
    ["1.a2", true],
    ["3com.com", true],
    ["a-b.c-d", true],
    ["xn--bcher-kva.example", true],
    [`${label(63)}.com`, true],
    [[label(63), label(63), label(63), label(61)].join("."), true],
    ["com", false],
    ["", false],
    [".com", false],
    ["a..com", false],
    ["a.com.", false],
    ["-a.com", false],
    ["a-.com", false],
    ["a.-", false],
    ["A.com", false],
    ["a_b.com", false],
    ["a b.com", false],
    ["bücher.example", false],
    ["192.0.2.1", false],
    ["a.1", false],
    ["a.12", false],
    [`${label(64)}.com`, false],
    [[label(63), label(63), label(63), label(62)].join("."), false],
  ])("%j: %p", (name, expected) => {
    expect(isHostName(name)).toBe(expected);
  });

  test("is compared in lower case and without its final dot alone", () => {
    expect(["WWW.Example.com.", "a.b..", ".a.b"].map(canonicalName)).toEqual(["www.example.com", "a.b.", ".a.b"]);
  });

  // As Python's idna codec has it ("bücher.example".encode("idna")); URL hosts of other letters than ASCII's alone.
  test("in other letters than ASCII's has a hint, where DNS has a name for it", () => {
    expect(asciiHint("Bücher.example.")).toBe('; in ASCII, as DNS has it, that is "xn--bcher-kva.example"');
    expect(["Example.com", "a b.com", "a_b~.com", " .com", "bü:x"].map(asciiHint)).toEqual(["", "", "", "", ""]);
  });

  test("is within a zone that it is, or that it ends with after a dot", () => {
    const within = (name: string) => isWithin(name, "example.com");

    expect(["example.com", "a.example.com", "a.b.example.com"].map(within)).toEqual([true, true, true]);
    expect(["notexample.com", "example.com.org", "com", "example.org"].map(within)).toEqual(Array(4).fill(false));
  });
});

describe("the primary zone", () => {
  test("is the only one, or the one that says so, and holds the PoPs' names unless a name is given", () => {
    expect(primaryZoneOf({ zones: { "b.com": {} } })).toBe("b.com");
    expect(primaryZoneOf({ zones: { "a.com": {}, "b.com": { primary: true } } })).toBe("b.com");
    expect(primaryZoneOf({ zones: { "a.com": {}, "b.com": {} } })).toBeUndefined();
    expect(popDomainOf({ zones: {} }, "b.com")).toBe("pop.b.com");
    expect(popDomainOf({ zones: {}, popDomain: "edge.b.com" }, "b.com")).toBe("edge.b.com");
  });
});
