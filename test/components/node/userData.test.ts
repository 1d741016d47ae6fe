import { userData, USER_DATA_LIMIT, type NodeIdentity } from "../../../components/node/userData";

const IDENTITY: NodeIdentity = {
  footprint: "europe",
  region: "eu-west-1",
  bucket: "eu-west-1-store-0a1b2c3",
  pointer: "current.json",
  bootstrap: `bootstrap/${"ab".repeat(32)}`,
  bootstrapSha256: "ab".repeat(32),
};

/** The identity that Python would read: a JSON text within a Python string, whose escapes are JSON's. */
function identityIn(text: string): unknown {
  const literal = /^IDENTITY = json\.loads\((".*")\)$/m.exec(text)?.[1] ?? "";
  return JSON.parse(JSON.parse(literal) as string);
}

describe("user data", () => {
  test("of a node", () => {
    expect(userData(IDENTITY)).toMatchSnapshot();
  });

  test("begins with its interpreter, by which cloud-init runs it", () => {
    expect(userData(IDENTITY)).toMatch(/^#!\/usr\/bin\/python3\n/);
  });

  test.each(["plain", 'with "quotes" and \\ backslash', "line\nbreak", "Zürich"])(
    "carries the identity %j as it is",
    (footprint) => {
      expect(identityIn(userData({ ...IDENTITY, footprint }))).toEqual({ ...IDENTITY, footprint });
    },
  );

  test("depends on the identity alone", () => {
    const without = (identity: NodeIdentity) => userData(identity).replace(/^IDENTITY = .*$/m, "");

    expect(without({ ...IDENTITY, region: "us-east-1", bucket: "another" })).toBe(without(IDENTITY));
  });

  test("leaves three quarters of what EC2 takes", () => {
    expect(Buffer.byteLength(userData(IDENTITY))).toBeLessThan(USER_DATA_LIMIT / 4);
  });
});
