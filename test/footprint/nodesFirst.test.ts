import * as pulumi from "@pulumi/pulumi";
import { nodesAreThere } from "../../infra/nodesFirst";
import { AwsServer, type AwsAnswer, type AwsRequest } from "../config/awsServer";

/** States of the targets of each target group of `edge-nodes`, by its ARN. */
let targets: Record<string, readonly string[]>;
let refuses: boolean;
/** Whether a version of the launch template gives public addresses. */
const ADDRESSES: Readonly<Record<string, boolean>> = { "1": false, "2": true };
/** Version that each node was launched by. */
let launchedBy: readonly string[];
let server: AwsServer;

beforeEach(async () => {
  targets = { traffic: ["healthy", "healthy", "healthy"], redirect: ["healthy", "healthy", "healthy"] };
  launchedBy = ["2", "2", "2", "2"];
  refuses = false;
  server = new AwsServer(answer);
  await server.start();
});

afterEach(() => server.stop());

/** As the query protocol writes it (Auto Scaling, Elastic Load Balancing and EC2 API References). */
function answer({ body }: AwsRequest): AwsAnswer {
  const asked = new URLSearchParams(body);
  const action = asked.get("Action") ?? "";
  if (refuses) {
    const error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not yours</Message></Error>";
    return { status: 403, type: "text/xml", body: `<ErrorResponse>${error}</ErrorResponse>` };
  }
  if (action === "DescribeLaunchTemplateVersions") {
    const given = String(ADDRESSES[asked.get("LaunchTemplateVersion.1") ?? ""]);
    const networks = `<networkInterfaceSet><item><associatePublicIpAddress>${given}</associatePublicIpAddress></item></networkInterfaceSet>`;
    const versions = `<launchTemplateVersionSet><item><launchTemplateData>${networks}</launchTemplateData></item></launchTemplateVersionSet>`;
    return { type: "text/xml", body: `<${action}Response>${versions}</${action}Response>` };
  }
  const members = (texts: readonly string[]) => texts.map((text) => `<member>${text}</member>`).join("");
  const result =
    action === "DescribeTargetHealth"
      ? `<TargetHealthDescriptions>${members((targets[asked.get("TargetGroupArn") ?? ""] ?? []).map((state, node) => `<Target><Id>i-${String(node)}</Id></Target><TargetHealth><State>${state}</State></TargetHealth>`))}</TargetHealthDescriptions>`
      : asked.get("AutoScalingGroupNames.member.1") === "edge-nodes"
        ? `<AutoScalingGroups>${members([`<TargetGroupARNs>${members(Object.keys(targets))}</TargetGroupARNs><Instances>${members(launchedBy.map(instance))}</Instances>`])}</AutoScalingGroups>`
        : "<AutoScalingGroups></AutoScalingGroups>";
  return {
    type: "text/xml",
    body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
  };
}

function instance(version: string, node: number): string {
  const template = `<LaunchTemplateId>lt-1</LaunchTemplateId><Version>${version}</Version>`;
  return `<InstanceId>i-${String(node)}</InstanceId><LaunchTemplate>${template}</LaunchTemplate>`;
}

const there = (group = "edge-nodes", direct = false) =>
  nodesAreThere({ region: "eu-west-1", group: pulumi.output(group), min: 3, direct });

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

  test("those that still go by the NAT gateway, which goes", async () => {
    launchedBy = ["1", "2", "2"];

    await expect(there("edge-nodes", true)).rejects.toThrow(
      "eu-west-1: 1 nodes still go by the NAT gateway, which this update takes away, so no client is sent to it. " +
        "Let it be drained until `footprint status` shows the newest refresh as Successful, and run `pulumi up` again then.",
    );
    await expect(there("edge-nodes", false)).resolves.toBeUndefined();
    launchedBy = ["2", "2", "2"];
    await expect(there("edge-nodes", true)).resolves.toBeUndefined();
  });

  test("one that nobody may look at", async () => {
    refuses = true;

    await expect(there()).rejects.toThrow(
      "eu-west-1: whether its nodes are there could not be looked at (AccessDenied: not yours); no client is sent to it. " +
        "Give the program the credentials of the deployment, and run `pulumi up` again.",
    );
  });
});
