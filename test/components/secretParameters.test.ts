import * as pulumi from "@pulumi/pulumi";
import { SecretParameters } from "../../components/secretParameters";
import { alone, type Alone } from "./alone";

describe("secret parameters", () => {
  let made: Alone;

  beforeAll(async () => {
    made = await alone(() => {
      const pair = (role: string, generation: number) => ({
        generation,
        current: pulumi.secret(`${role} now`),
        next: pulumi.secret(`${role} then`),
      });
      const { arns, references } = new SecretParameters("pop", {
        region: "eu-central-1",
        secrets: { purge: pair("purge", 4), originAuth: pair("origin", 7), configuration: pair("configuration", 1) },
      });
      return { arns, references };
    });
  });

  test.each([
    ["purge-current", "purge now"],
    ["purge-next", "purge then"],
    ["origin-auth-current", "origin now"],
    ["origin-auth-next", "origin then"],
  ])("keep %s encrypted, its value marked as secret", (role, value) => {
    expect(made.inputs("Parameter", `pop-${role}`)).toEqual({
      region: "eu-central-1",
      type: "SecureString",
      value: { $secret: value },
    });
  });

  test("are these four", () => {
    expect(made.all("Parameter")).toHaveLength(4);
  });

  test("are referred to by name, version and generation, in plain sight and without a value (P36)", () => {
    const { arns, references } = made.outputs as { arns: string[]; references: unknown };
    const reference = (role: string) => ({ name: `pop-${role}-0a1b2c3`, version: 3 });

    expect(references).toEqual({
      purge: { generation: 4, current: reference("purge-current"), next: reference("purge-next") },
      originAuth: {
        generation: 7,
        current: reference("origin-auth-current"),
        next: reference("origin-auth-next"),
      },
    });
    expect([...arns].sort()).toEqual(made.names("Parameter").map((name) => `arn:aws:made:up:111122223333:${name}`));
  });
});
