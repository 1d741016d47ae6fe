import type * as Aws from "@pulumi/aws";
import type * as Pulumi from "@pulumi/pulumi";
import { buildPlan } from "../../infra/plan/build";
import { SECRET } from "../../infra/plan/wire";
import { small, valuesOf } from "../support/stacks";

// In a preview of the real program every secret is unknown, and what is unknown travels without a mark.
jest.mock("../../infra/index", () => () => {
  const aws = jest.requireActual<typeof Aws>("@pulumi/aws");
  const pulumi = jest.requireActual<typeof Pulumi>("@pulumi/pulumi");
  new aws.ssm.Parameter("p", {
    region: "eu-west-1",
    type: "SecureString",
    value: "a known value",
    tags: { copied: pulumi.secret("a known value") },
  });
});

test("the plan masks a secret, even one whose value is known (P36)", async () => {
  const { resources } = await buildPlan("test", valuesOf(small({ "eu-west-1": {} })));

  expect(resources).toMatchObject([{ name: "p", inputs: { value: SECRET, tags: { copied: SECRET } } }]);
  expect(JSON.stringify(resources)).not.toContain("a known value");
});
