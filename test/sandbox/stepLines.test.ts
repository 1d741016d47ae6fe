import { begins } from "../../infra/sandbox/stepLines";

// Lines that Pulumi 3.250 wrote where there was no terminal.
const STEPS: readonly (readonly [begun: string, done: string])[] = [
  [" +  aws:ec2:Vpc eu-central-1-network creating (0s)", " +  aws:ec2:Vpc eu-central-1-network created (1s)"],
  [
    " ~  aws:ssm:Parameter us-east-1-store-serial updating (0s) [diff: ~value]",
    " ~  aws:ssm:Parameter us-east-1-store-serial updated (0.34s) [diff: ~value]",
  ],
  [
    " ++ aws:s3:BucketObjectv2 us-east-1-store-agent creating replacement (0s)[retain] [diff: ~key,source]",
    " ++ aws:s3:BucketObjectv2 us-east-1-store-agent created replacement (0.22s)[retain] [diff: ~key,source]",
  ],
  [
    " +- aws:s3:BucketObjectv2 us-east-1-store-agent replacing (0s)[retain] [diff: ~key,source]",
    " +- aws:s3:BucketObjectv2 us-east-1-store-agent replaced (0.00s)[retain] [diff: ~key,source]",
  ],
  [
    " -  aws:autoscaling:Policy us-east-1-nodes-cpu deleting (0s)",
    " -  aws:autoscaling:Policy us-east-1-nodes-cpu deleted (0.48s)",
  ],
];

test.each(STEPS)("of a step one line is shown, when it is done: %s", (begun, done) => {
  expect([begun, done].filter((line) => !begins(line))).toEqual([done]);
});

test.each([
  "@ updating....",
  "Updating (sandbox):",
  "    aws:route53:Zone footprint-zones-example.com  example.com must be delegated to ns-130.awsdns-02.com",
  "    27 changes. 322 unchanged",
])("all else is shown: %s", (line) => {
  expect(begins(line)).toBe(false);
});
