import * as fs from "node:fs";
import * as path from "node:path";
import { describeWith } from "../support/requirements";
import { some } from "../support/some";
import { small, text, update } from "../support/stacks";
import { repository } from "../support/tree";
import { JUDGES, judged, python, type Waived } from "./judges";

/** Reads policies by name, and prints what parliament finds in each: its issue, and what it says of it. */
const PARLIAMENT = `
import json, sys, parliament
found = {}
for name, text in json.load(sys.stdin).items():
    policy = parliament.analyze_policy_string(text)
    found[name] = [f"{each.issue} {json.dumps(each.detail, sort_keys=True)}" for each in policy.findings]
json.dump(found, sys.stdout)
`;

const DATE = "2026-11-28";

const WAIVED: readonly Waived[] = [
  {
    finding:
      /deploy-data\.json RESOURCE_POLICY_PRIVILEGE_ESCALATION .*(?:network-logs|store)-\*.*(?:PutBucketPolicy|PutLifecycleConfiguration).*/,
    reason:
      "the deployment makes these buckets and their policies; who can change `main` can change what it may change (.github/README.md)",
    date: DATE,
  },
  {
    finding:
      /deploy-data\.json MISMATCHED_TYPE_BUT_USABLE "Type mismatch: StringEquals requires a value of type String but given Arn"/,
    reason: "AWS's own examples compare iam:PermissionsBoundary so (IAM User Guide, Permissions boundaries)",
    date: DATE,
  },
  {
    finding: /deploy-edge\.json UNKNOWN_ACTION "Unknown action route53:UpdateHostedZoneFeatures"/,
    reason: "newer than parliament's table: the provider calls it for enableAcceleratedRecovery (route53/zone.go)",
    date: DATE,
  },
  {
    finding: /renew\.json RESOURCE_MISMATCH .*ssm:GetParameter.*/,
    reason:
      "public parameters belong to no account: their ARNs have none (Systems Manager User Guide, public parameters)",
    date: DATE,
  },
];

// parliament (Duo Labs) knows the actions, resources and conditions of the Service Authorization Reference.
describeWith([JUDGES], "parliament finds in the policies", () => {
  const folder = path.join(repository, ".github", "aws");
  /** As .github/README.md has it filled in. Trust policies are no policies of an identity, of which alone it knows. */
  const ofRoles = Object.fromEntries(
    fs
      .readdirSync(folder)
      .filter((file) => !file.startsWith("trust-"))
      .map((file) => [
        file,
        fs
          .readFileSync(path.join(folder, file), "utf8")
          .replaceAll("ACCOUNT_ID", "111122223333")
          .replaceAll("STATE_BUCKET", "state")
          .replaceAll("PACKAGES_BUCKET", "packages")
          .replaceAll("STATE_KEY_ARN", "arn:aws:kms:eu-central-1:111122223333:key/1"),
      ]),
  );

  function found(policies: Readonly<Record<string, string>>): readonly string[] {
    const all = JSON.parse(python(PARLIAMENT, JSON.stringify(policies))) as Record<string, readonly string[]>;
    expect(Object.keys(all).sort()).toEqual([...some(Object.keys(policies))].sort());
    return Object.entries(all).flatMap(([name, issues]) => issues.map((issue) => `${name} ${issue}`));
  }

  test("of roles and of people nothing that has no reason", () => {
    expect(judged(found(ofRoles), WAIVED)).toEqual({ unexplained: [], unused: [] });
  });

  test("of nodes, as the program makes them, nothing that has no reason", async () => {
    const { registrations } = await update(small({ "eu-west-1": {} }));
    const policies = registrations
      .filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy")
      .map(({ name, inputs }) => [name, realArns(text(inputs.policy))] as const);

    expect(judged(found(Object.fromEntries(policies)), NODES_WAIVED)).toEqual({ unexplained: [], unused: [] });
  });

  test("what it is to find: an action that there is not, and one that knows no such resource", () => {
    const policyOf = (Action: string) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action, Resource: "arn:aws:sns:*:111122223333:t" }],
      });

    expect(found({ action: policyOf("sns:Unsubscribes"), resource: policyOf("sns:Unsubscribe") })).toEqual([
      expect.stringMatching(/^action UNKNOWN_ACTION /) as string,
      expect.stringMatching(/^resource RESOURCE_MISMATCH /) as string,
    ]);
  });
});

const NODES_WAIVED: readonly Waived[] = [];

/** What is made up where a provider would say it has the form of an ARN, and is none of the service. */
function realArns(policy: string): string {
  return policy
    .replaceAll(
      /arn:aws:made:up:111122223333:([\w-]+-secret-[\w-]+|[\w-]+-store-serial)/g,
      "arn:aws:ssm:eu-west-1:111122223333:parameter/$1",
    )
    .replaceAll("arn:aws:made:up:111122223333:", "arn:aws:s3:::");
}
