import { parseDocument } from "yaml";
import { BOOT_SCRIPT, userData, USER_DATA_LIMIT, type NodeIdentity } from "../../../components/node/userData";

const IDENTITY: NodeIdentity = {
  footprint: "europe",
  region: "eu-west-1",
  bucket: "eu-west-1-store-0a1b2c3",
  pointer: "current.json",
  bootstrap: `bootstrap/${"ab".repeat(32)}`,
  bootstrapSha256: "ab".repeat(32),
  configurationKeys: ["first-key", "second-key"],
  role: "AROAEXAMPLE",
};

interface CloudConfig {
  readonly write_files: readonly { readonly path: string; readonly permissions: string; readonly content: string }[];
  readonly runcmd: readonly (readonly string[])[];
}

/** What cloud-init reads. */
function cloudConfig(text: string): CloudConfig {
  const document = parseDocument(text, { version: "1.1" });
  expect(document.errors).toEqual([]);
  return document.toJS() as CloudConfig;
}

function scriptIn(text: string): string {
  return cloudConfig(text).write_files[0]?.content ?? "";
}

/** The identity that Python would read: a JSON text within a Python string, whose escapes are JSON's. */
function identityIn(text: string): unknown {
  const literal = /^IDENTITY = json\.loads\((".*")\)$/m.exec(scriptIn(text))?.[1] ?? "";
  return JSON.parse(JSON.parse(literal) as string);
}

describe("user data", () => {
  test("of a node", () => {
    expect(userData(IDENTITY)).toMatchSnapshot();
  });

  test("is cloud-config that writes one script and runs it", () => {
    expect(userData(IDENTITY)).toMatch(/^#cloud-config\n/);
    expect(cloudConfig(userData(IDENTITY))).toEqual({
      write_files: [{ path: BOOT_SCRIPT, permissions: "0755", content: scriptIn(userData(IDENTITY)) }],
      runcmd: [[BOOT_SCRIPT]],
    });
    expect(scriptIn(userData(IDENTITY))).toMatch(/^#!\/usr\/bin\/python3\n/);
  });

  test.each(["plain", 'with "quotes" and \\ backslash', "line\nbreak", "Zürich", "#{: %"])(
    "carries the identity %j as it is",
    (footprint) => {
      expect(identityIn(userData({ ...IDENTITY, footprint }))).toEqual({ ...IDENTITY, footprint });
    },
  );

  test("depends on the identity alone", () => {
    const without = (identity: NodeIdentity) => userData(identity).replace(/^ *IDENTITY = .*$/m, "");

    expect(without({ ...IDENTITY, region: "us-east-1", bucket: "another" })).toBe(without(IDENTITY));
  });

  test("leaves two thirds of what EC2 takes", () => {
    expect(Buffer.byteLength(userData(IDENTITY))).toBeLessThan(USER_DATA_LIMIT / 3);
  });
});
