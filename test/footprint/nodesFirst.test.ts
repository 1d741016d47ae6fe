import * as pulumi from "@pulumi/pulumi";
import { nodesAreThere } from "../../infra/nodesFirst";
import { AwsServer, type AwsAnswer, type AwsRequest } from "../config/awsServer";

/** States of the targets of each target group of `edge-nodes`, by its ARN. */
let targets: Record<string, readonly string[]>;
let refuses: boolean;
let server: AwsServer;

beforeEach(async () => {
  targets = { traffic: ["healthy", "healthy", "healthy"], redirect: ["healthy", "healthy", "healthy"] };
  refuses = false;
  server = new AwsServer(answer);
  await server.start();
});

afterEach(() => server.stop());

/** As the query protocol writes it (Auto Scaling and Elastic Load Balancing API References). */
function answer({ body }: AwsRequest): AwsAnswer {
  const asked = new URLSearchParams(body);
  const action = asked.get("Action") ?? "";
  if (refuses) {
    const error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not yours</Message></Error>";
    return { status: 403, type: "text/xml", body: `<ErrorResponse>${error}</ErrorResponse>` };
  }
  const members = (texts: readonly string[]) => texts.map((text) => `<member>${text}</member>`).join("");
  const result =
    action === "DescribeTargetHealth"
      ? `<TargetHealthDescriptions>${members((targets[asked.get("TargetGroupArn") ?? ""] ?? []).map((state) => `<TargetHealth><State>${state}</State></TargetHealth>`))}</TargetHealthDescriptions>`
      : asked.get("AutoScalingGroupNames.member.1") === "edge-nodes"
        ? `<AutoScalingGroups>${members([`<TargetGroupARNs>${members(Object.keys(targets))}</TargetGroupARNs>`])}</AutoScalingGroups>`
        : "<AutoScalingGroups></AutoScalingGroups>";
  return {
    type: "text/xml",
    body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
  };
}

const there = (group = "edge-nodes") => nodesAreThere({ region: "eu-west-1", group: pulumi.output(group), min: 3 });

test("a PoP whose nodes are healthy in each of its target groups gets its records", async () => {
  targets["traffic"] = ["healthy", "healthy", "healthy", "draining"];

  await expect(there()).resolves.toBeUndefined();
  expect(new Set(server.requests.map(({ region }) => region))).toEqual(new Set(["eu-west-1"]));
});

describe("rejects a PoP without its nodes", () => {
  test("those that are not healthy in one target group", async () => {
    targets["redirect"] = ["healthy", "unhealthy", "initial"];

    await expect(there()).rejects.toThrow(
      "eu-west-1: 1 of 3 nodes are healthy in the load balancer, so no client is sent to it. " +
        'See why (runbook, "`up` waits for nodes and fails"), and run `pulumi up` again when `footprint status` shows them.',
    );
  });

  test("a group that is not there, or has no target group", async () => {
    await expect(there("other")).rejects.toThrow(/^eu-west-1: 0 of 3 nodes are healthy/);
    targets = {};
    await expect(there()).rejects.toThrow(/^eu-west-1: 0 of 3 nodes are healthy/);
  });

  test("one that nobody may look at", async () => {
    refuses = true;

    await expect(there()).rejects.toThrow(
      "eu-west-1: whether its nodes are there could not be looked at (AccessDenied: not yours); no client is sent to it. " +
        "Give the program the credentials of the deployment, and run `pulumi up` again.",
    );
  });
});
