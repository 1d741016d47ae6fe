import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { homeOf, isInstalled, judged, type Waived } from "../judges/judges";
import { describeWith, type Requirement } from "../support/requirements";
import { repository } from "../support/tree";
import { Engine, PULUMI_CLI, STORY, tiny } from "./engine";

const PACK = path.join(repository, "test/judges/awsguard");
const HOME = homeOf("awsguard", "awsguard/package-lock.json");

const AWSGUARD: Requirement = {
  name: "AWSGuard",
  isMet: () => isInstalled(HOME),
  remedy: "run test/judges/install.sh",
};

const WAIVED: readonly Waived[] = [
  {
    finding: /s3-bucket-logging-enabled \S+-(?:store|network-logs): .*/,
    reason:
      "stores and log buckets: access logs of S3 would log the logs; who writes is in data events (as CKV_AWS_18)",
    date: "2026-11-29",
  },
];

/** What the engine's log of events has of a policy that is not kept. */
interface Violation {
  readonly policyEvent?: { readonly policyName: string; readonly resourceUrn: string; readonly message: string };
}

// https://github.com/pulumi/pulumi-policy-aws: rules for what they call best practice on AWS.
describeWith([PULUMI_CLI, AWSGUARD], "AWSGuard, on the real engine", () => {
  test(
    "finds nothing that has no reason",
    async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-awsguard-"));
      fs.cpSync(PACK, folder, { recursive: true });
      fs.symlinkSync(path.join(HOME, "node_modules"), path.join(folder, "node_modules"));
      const engine = await Engine.open();
      engine.write("guarded", tiny({ "eu-central-1": {}, "us-east-1": { egress: "nat" } }));

      const { events } = await engine.done("up", "guarded", "--policy-pack", folder);
      engine.close();
      fs.rmSync(folder, { recursive: true });

      const violations = events
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Violation)
        .flatMap(({ policyEvent }) => policyEvent ?? [])
        .map(
          ({ policyName, resourceUrn, message }) =>
            `${policyName} ${resourceUrn.split("::").at(-1) ?? ""}: ${message.trim().replaceAll("\n", " ")}`,
        );
      expect(judged(violations, WAIVED)).toEqual({ unexplained: [], unused: [] });
    },
    STORY,
  );
});
