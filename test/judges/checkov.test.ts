import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Registration } from "../../infra/plan/harness";
import { describeWith } from "../support/requirements";
import { SHIPPED, shipped, update } from "../support/stacks";
import { JUDGES, judged, said, type Waived } from "./judges";
import { terraformPlan } from "./terraformPlan";

const DATE = "2026-11-29";
const waived = (finding: RegExp, reason: string): Waived => ({ finding, reason, date: DATE });

const WAIVED: readonly Waived[] = [
  waived(
    /\w+ CKV_AWS_152 aws_lb\..*/,
    "cross-zone is off where each zone has two nodes: a zone that ails takes no other with it, and no data between zones is paid",
  ),
  waived(
    /\w+ CKV_AWS_18 aws_s3_bucket\..*/,
    "stores and log buckets: access logs of S3 would log the logs; who writes is in data events",
  ),
  waived(
    /\w+ CKV_AWS_144 aws_s3_bucket\..*/,
    "a PoP calls nothing outside its region; a store can be made anew from the program",
  ),
  waived(
    /\w+ CKV_AWS_145 aws_s3_bucket\..*/,
    "SSE-S3: access logs of load balancers take nothing else, and what is secret is no object",
  ),
  waived(
    /\w+ CKV2_AWS_62 aws_s3_bucket\..*/,
    "nobody waits for events of these buckets: nodes ask, with a bound on how late they see",
  ),
  waived(/\w+ CKV_AWS_181 aws_s3_object_copy\..*/, "Debian's packages, which are public"),
  waived(
    /\w+ CKV_AWS_26 aws_sns_topic\..*/,
    "texts of alarms, in which nothing is secret; CloudWatch cannot publish to AWS's own key",
  ),
  waived(
    /\w+ CKV_AWS_337 aws_ssm_parameter\..*/,
    "AWS's own key: who may read is in the policies either way, and a key would be a part more to be away",
  ),
  waived(/\w+ CKV2_AWS_34 aws_ssm_parameter\.\S+-store-serial/, "the number of a version, which is no secret"),
  waived(
    /\w+ CKV_AWS_(?:229|230) aws_network_acl\.\S+-network-subnets/,
    "20 and 21: nodes answer nobody there, and the replies to their own connections come to any port",
  ),
  waived(
    /\w+ CKV_AWS_260 aws_vpc_security_group_ingress_rule\.\S+-lb-from-world-http-ipv[46]/,
    "port 80 of the load balancer, where nodes redirect to https and serve nothing else",
  ),
  waived(/\w+ CKV2_AWS_20 aws_lb\..*/, "for load balancers of HTTP: ours passes port 80 to nodes, which redirect"),
  waived(
    /\w+ CKV2_AWS_71 aws_acm_certificate\.\S+-certificate-__pop_.*/,
    "the PoPs' own names, one below the other; each site's host has its own",
  ),
  waived(
    /\w+ CKV2_AWS_3[89] aws_route53_zone\.footprint-zones-.*/,
    "query logs and keys of DNSSEC live in us-east-1: a zone that has them already is given by its id",
  ),
  waived(
    /sandbox CKV_AWS_150 aws_lb\..*/,
    "the sandbox is there to be destroyed in one step: `footprint:protection: false`",
  ),
  waived(
    /global CKV_AWS_150 aws_lb\.ca-central-1-lb/,
    "the PoP is drained: it takes no traffic, and its next step may be to go",
  ),
  waived(
    /sandbox CKV_AWS_88 aws_launch_template\..*/,
    "with egress `direct` a node's own address is its way to origins; its security group takes nothing from it",
  ),
];

interface Report {
  readonly results: { readonly failed_checks: readonly { readonly check_id: string; readonly resource: string }[] };
  readonly summary: { readonly passed: number; readonly parsing_errors: number; readonly resource_count: number };
}

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-checkov-"));
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

// checkov (Prisma Cloud) reads plans of Terraform; ours is put into that format.
describeWith([JUDGES], "checkov finds in the plan", () => {
  /** What one run of it says of each of several plans. */
  function found(plans: Readonly<Record<string, readonly Registration[]>>): readonly string[] {
    const files = Object.entries(plans).map(([name, registrations]) => {
      const file = path.join(folder, `${name}.json`);
      fs.writeFileSync(file, JSON.stringify(terraformPlan(registrations)));
      return file;
    });
    const asked = ["--framework", "terraform_plan", "--output", "json", "--quiet", "--compact", "--skip-download"];
    const report = JSON.parse(said("checkov", [...files.flatMap((file) => ["--file", file]), ...asked])) as Report;
    expect(report.summary.parsing_errors).toBe(0);
    expect(report.summary.passed).toBeGreaterThan(0);
    return report.results.failed_checks.map((each) => {
      const { check_id, resource, file_path } = each as typeof each & { readonly file_path: string };
      return `${path.basename(file_path, ".json")} ${check_id} ${resource}`;
    });
  }

  test("of each shipped stack nothing that has no reason", async () => {
    const plans: Record<string, readonly Registration[]> = {};
    for (const stack of SHIPPED) {
      plans[stack] = (await update(shipped(stack), stack)).registrations;
    }

    expect(judged([...new Set(found(plans))], WAIVED)).toEqual({ unexplained: [], unused: [] });
  });

  test("what it is to find: what is declared in the resource, and what only another one says of it", () => {
    const bucket = (
      type: string,
      name: string,
      inputs: Registration["inputs"],
      dependencies: readonly string[] = [],
    ) => ({
      ...{ type, name, inputs, dependencies, urn: `urn:pulumi:test::footprint::${type}::${name}` },
      ...{ parent: null, custom: true, options: {} },
    });
    const [store, open] = [bucket("aws:s3/bucket:Bucket", "store", {}), bucket("aws:s3/bucket:Bucket", "open", {})];
    const shut = {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    };
    const block = bucket(
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
      ...(["store", { bucket: "bucket-of-store", ...shut }, [store.urn]] as const),
    );
    const rule = bucket("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "ssh", {
      ...{ cidrIpv4: "0.0.0.0/0", fromPort: 22, toPort: 22, ipProtocol: "tcp", description: "from the world" },
    });

    const findings = found({ small: [store, open, block, rule] });
    expect(findings).toContain("small CKV_AWS_24 aws_vpc_security_group_ingress_rule.ssh");
    expect(findings.filter((each) => each.includes(" CKV2_AWS_6 "))).toEqual(["small CKV2_AWS_6 aws_s3_bucket.open"]);
  });
});
