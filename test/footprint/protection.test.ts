import type { Recording } from "../../infra/plan/harness";
import { ofType, shipped, small, update, type StackInput } from "../support/stacks";

const ZONE = "aws:route53/zone:Zone";

const labels = (recording: Recording, option: string) =>
  recording.registrations
    .filter(({ options }) => options[option] === true)
    .map(({ type, name }) => `${type.slice(type.lastIndexOf(":") + 1)} ${name}`)
    .sort();

const loadBalancers = (recording: Recording) =>
  ofType(recording, "aws:lb/loadBalancer:LoadBalancer").map(({ name, inputs, options }) => [
    name,
    inputs.enableDeletionProtection,
    options.protect ?? false,
  ]);

const stores = (recording: Recording) =>
  ofType(recording, "aws:s3/bucket:Bucket")
    .filter(({ name }) => name.endsWith("-store"))
    .map(({ name, inputs }) => [name, inputs.forceDestroy]);

const two = {
  ...small({ "eu-west-1": {}, "us-east-1": { state: "drained" } }),
  zones: { "example.com": { create: true } },
};
const unprotected: StackInput = { ...two, protection: false };

describe("what may not be lost is protected, and the list is exact (P30, P31)", () => {
  test("the guard and the load balancer of an active PoP, and zones that the stack made", async () => {
    expect(labels(await update(two), "protect")).toEqual([
      "DrainGuard eu-west-1-drain-before-removing",
      "LoadBalancer eu-west-1-lb",
      "Zone footprint-zones-example.com",
    ]);
  });

  test("nothing when the stack is to be taken down", async () => {
    expect(labels(await update(unprotected), "protect")).toEqual([]);
  });

  test("AWS refuses to delete a load balancer exactly when Pulumi does", async () => {
    expect(loadBalancers(await update(two))).toEqual([
      ["eu-west-1-lb", true, true],
      ["us-east-1-lb", false, false],
    ]);
    expect(loadBalancers(await update(unprotected))).toEqual([
      ["eu-west-1-lb", false, false],
      ["us-east-1-lb", false, false],
    ]);
  });

  test("a store with what nodes wrote may go exactly when its PoP is unprotected", async () => {
    expect(stores(await update(two))).toEqual([
      ["eu-west-1-store", false],
      ["us-east-1-store", true],
    ]);
    expect(stores(await update(unprotected))).toEqual([
      ["eu-west-1-store", true],
      ["us-east-1-store", true],
    ]);
  });

  test("a zone that is not ours is not made, and so never deleted", async () => {
    expect(ofType(await update(shipped("global")), ZONE)).toEqual([]);
  });
});

describe("what outlives a PoP on purpose", () => {
  test("its log bucket with all that keeps it private and small, validation records, and what nodes go back to", async () => {
    const kept = labels(await update(small({ "eu-west-1": {} })), "retainOnDelete");

    expect(kept).toEqual([
      "Bucket eu-west-1-network-logs",
      "BucketLifecycleConfiguration eu-west-1-network-logs-lifecycle",
      "BucketObjectv2 eu-west-1-store-agent",
      "BucketObjectv2 eu-west-1-store-bootstrap",
      "BucketObjectv2 eu-west-1-store-bundle",
      "BucketPolicy eu-west-1-network-logs-policy",
      "BucketPublicAccessBlock eu-west-1-network-logs-public-access-block",
      "BucketServerSideEncryptionConfiguration eu-west-1-network-logs-encryption",
      "BucketVersioning eu-west-1-network-logs-versioning",
      "ObjectCopy eu-west-1-store-packages",
      "Record eu-west-1-certificate-*.pop.example.com",
      "Record eu-west-1-certificate-cdn.example.com",
    ]);
  });
});
