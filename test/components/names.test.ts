import * as pulumi from "@pulumi/pulumi";
import { checkNames, LOAD_BALANCER_NAME_LIMIT } from "../../components/names";
import { record } from "../../infra/plan/harness";

function check(names: readonly string[], limit: number): Promise<unknown> {
  return record(() => {
    checkNames(new pulumi.ComponentResource("test:test:Test", "component"), names, limit);
  });
}

describe("names", () => {
  test("may be as long as the limit", async () => {
    await expect(check(["abc", "", "abcd"], 4)).resolves.toBeDefined();
  });

  test("rejects each longer one with its length, all at once", async () => {
    await expect(check(["abcde", "abcd", "abcdef"], 4)).rejects.toThrow(
      /^name: "abcde" has 5 characters, at most 4 are allowed\nname: "abcdef" has 6 characters, at most 4 are allowed$/,
    );
  });

  test("leave room for Pulumi's eight characters within AWS's 32", () => {
    expect(LOAD_BALANCER_NAME_LIMIT).toBe(32 - "-0a1b2c3".length);
  });
});
