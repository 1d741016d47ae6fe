import { PACKAGE_LOCK } from "../../components/node/packageLock";
import program from "../../infra/index";
import { record } from "../../infra/plan/harness";
import { computed } from "../support/cloud";
import { IMAGE, small, valuesOf } from "../support/stacks";

const input = small({ "eu-west-1": {} });
const placeholder = valuesOf({
  ...input,
  image: { "eu-west-1": "ami-00000000000000000" },
  packages: { bucket: "amzn-s3-demo-bucket" },
});

/** A public key of Ed25519, as RFC 8410 writes it, in base64. */
const KEY = /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/;

describe("the program", () => {
  test("exports what operators need", async () => {
    const { outputs } = await record(program, { config: valuesOf(input), computed });

    expect(outputs).toEqual({
      endpoints: ["https://cdn.example.com/"],
      popNames: { "eu-west-1": "eu-west-1.pop.example.com" },
      egressAddresses: { "eu-west-1": ["192.0.2.1", "192.0.2.1", "192.0.2.1"] },
      storeBuckets: { "eu-west-1": "bucket-of-eu-west-1-store" },
      logBuckets: { "eu-west-1": "bucket-of-eu-west-1-network-logs" },
      nodeGroups: { "eu-west-1": "eu-west-1-nodes-0a1b2c3" },
      nameServers: {},
      secretGenerations: { originAuth: 1, purge: 1, configuration: 1 },
      hosts: ["cdn.example.com"],
      healthCheck: { interval: 10, threshold: 3 },
      popStates: { "eu-west-1": "active" },
      images: { "eu-west-1": IMAGE },
      packagesLockedAt: PACKAGE_LOCK.snapshot,
      configurationKeys: [expect.stringMatching(KEY), expect.stringMatching(KEY)],
      measured: [
        {
          region: "eu-west-1",
          loadBalancerArnSuffix: "net/eu-west-1-lb/0123456789abcdef",
          targetGroupArnSuffix: expect.stringMatching(/^targetgroup\/eu-west-1-lb-\w+\/0123456789abcdef$/) as unknown,
          natGatewayId: expect.stringContaining("nat") as unknown,
          nodeGroupName: "eu-west-1-nodes-0a1b2c3",
          logBucketName: "bucket-of-eu-west-1-network-logs",
          healthCheckId: expect.stringContaining("eu-west-1") as unknown,
        },
      ],
    });
  });

  test("can be previewed while image and bucket of packages are placeholders", async () => {
    const { registrations } = await record(program, { config: placeholder });

    expect(registrations.length).toBeGreaterThan(100);
  });

  test("rejects a deployment with placeholders, and says what to do", async () => {
    const deployment = record(program, { config: placeholder, computed, stack: "edge" });

    await expect(deployment).rejects.toMatchObject({
      __pulumiRunError: true,
      message: [
        "image: no image is chosen for eu-west-1: run `footprint images --stack edge --release latest`",
        "packages.bucket: no bucket with the nodes' packages is named: run `footprint node publish --bucket NAME`",
      ].join("\n"),
    });
  });

  test("rejects a configuration with mistakes without a stack trace, with all of them (P10)", async () => {
    const broken = valuesOf({ ...input, supernet: "ten", protection: "perhaps" });

    await expect(record(program, { config: broken })).rejects.toMatchObject({
      __pulumiRunError: true,
      message: [
        'protection: must be true or false, got "perhaps"',
        'supernet: must be an IPv4 block such as 10.64.0.0/14, got "ten"',
      ].join("\n"),
    });
  });
});
