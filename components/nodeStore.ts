import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { digestOf, sealPointer } from "./node/protocol/pointer";
import { packagesKey, STORE_KEYS } from "./node/protocol/storeKeys";
import { standing } from "./order";
import { PrivateBucket } from "./privateBucket";
import type { ParameterReferences } from "./secretParameters";
import { configurationKeys, type SecretPair } from "./secrets";

export interface NodeStoreArgs {
  region: string;
  /** Script that a new node runs first; a new one replaces instances, since user data names it by its hash. */
  bootstrap: string;
  /** Archive of the packages that the bootstrap installs: SHA-256, and the bucket from which it is copied. */
  packages: PackagesArgs;
  /** The agent that the bundle names: a file of this machine. */
  agent: AgentFile;
  /** What nodes run, as one text; a new one is adopted by running nodes. */
  bundle: string;
  /** Name of the bucket for the nodes' access logs. */
  logBucket: pulumi.Input<string>;
  /** Parameters that nodes read, by role; their versions tell nodes when to read again. */
  parameters: ParameterReferences;
  /** Signs the pointer with its value `current`; nodes verify with both. */
  signing: SecretPair;
  /** Delete the bucket with what nodes wrote into it. Only for a PoP that takes no traffic. */
  forceDestroy: boolean;
}

export interface PackagesArgs {
  bucket: string;
  sha256: string;
}

/** The agent that nodes run, as one file. */
export interface AgentFile {
  readonly path: string;
  readonly sha256: string;
}

/** Days that a purge stays in the log: longer than any response may be kept, since a longer absence flushes all. */
const PURGE_LOG_DAYS = 7;
/** Days that a former pointer or drain switch can be brought back, and anything that somebody has deleted. */
const FORMER_VERSION_DAYS = 30;
/** Days until a node that is gone is forgotten: it reported each half minute while it was there. */
const REPORT_DAYS = 1;

/** What is brought back by its former version. The number of the newest purge is not: it would go back in time. */
const RESTORABLE = [
  STORE_KEYS.pointer,
  STORE_KEYS.bundles,
  STORE_KEYS.agents,
  STORE_KEYS.drain,
  STORE_KEYS.bootstrap,
  STORE_KEYS.packages,
];

/**
 * What the nodes of one region read: bootstrap and packages, configuration bundle and agent, the pointer to them, the
 * purge log and the drain switch, and what nodes report of themselves, all in one private bucket of the region, so that
 * a node depends on no other region.
 *
 * ```ts
 * const store = new NodeStore("edge-store", {
 *   region: "eu-central-1", bootstrap: script, packages: { bucket: "my-edge-packages", sha256: locked },
 *   agent: { path: "/tmp/agent.js", sha256: hash }, bundle: text, logBucket: logs.bucketName, parameters,
 *   signing: secrets.configuration, forceDestroy: false,
 * });
 * ```
 *
 * Creates the bucket and five objects in it, and a parameter. All objects but the pointer have their content's SHA-256 in
 * their key and never change; the pointer follows bundle and agent, and is signed. The parameter numbers the pointers, as
 * AWS counts its versions, and says which of them counts: who can write to the bucket alone cannot turn nodes back. These four stay when newer ones come: a group that rolls back starts nodes
 * that ask for the former bootstrap and packages, and who turns the pointer back asks for the former bundle and agent.
 * They go with the bucket. Costs the storage of some hundred megabytes (a few cents) and about $2 per node and month of
 * requests, half of them for the purge log.
 */
export class NodeStore extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  readonly bootstrapSha256: string;
  /** What verifies the pointer. */
  readonly configurationKeys: pulumi.Output<string[]>;
  /** Of the parameter that numbers the pointers. */
  readonly serialArn: pulumi.Output<string>;
  /** URNs of what stands when a node that starts finds all that it needs. */
  readonly ready: pulumi.Output<string[]>;

  constructor(name: string, args: NodeStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:nodeStore:NodeStore", name, {}, opts);
    const { region } = args;
    const child = { parent: this };

    const store = new PrivateBucket(
      name,
      {
        region,
        forceDestroy: args.forceDestroy,
        retention: [
          { id: "purge-log", prefix: STORE_KEYS.purgeLog, days: PURGE_LOG_DAYS, formerDays: 1 },
          { id: "purge-head", prefix: STORE_KEYS.purgeHead, formerDays: 1 },
          { id: "nodes", prefix: STORE_KEYS.nodes, days: REPORT_DAYS, formerDays: 1 },
          ...RESTORABLE.map((prefix) => ({
            id: `former-${prefix.replace("/", "")}`,
            prefix,
            formerDays: FORMER_VERSION_DAYS,
          })),
        ],
      },
      child,
    );

    const object = (
      role: keyof typeof CONTENT_TYPES,
      key: string,
      content: Pick<aws.s3.BucketObjectv2Args, "content" | "source">,
      options: pulumi.CustomResourceOptions,
    ) =>
      new aws.s3.BucketObjectv2(
        `${name}-${role}`,
        { region, bucket: store.bucketName, key, ...content, contentType: CONTENT_TYPES[role] },
        { ...child, ...options },
      );

    this.bootstrapSha256 = sha256(args.bootstrap);
    const kept = { retainOnDelete: true };
    const bootstrapKey = `${STORE_KEYS.bootstrap}${this.bootstrapSha256}`;
    const bootstrap = object("bootstrap", bootstrapKey, { content: args.bootstrap }, kept);

    const archive = packagesKey(args.packages.sha256);
    const packages = new aws.s3.ObjectCopy(
      `${name}-packages`,
      {
        region,
        bucket: store.bucketName,
        key: archive,
        source: `${args.packages.bucket}/${archive}`,
        // Without tags: the archive's own need not be readable.
        taggingDirective: "REPLACE",
      },
      { ...child, ...kept },
    );

    // A file: a megabyte of text in each PoP would stand in the state as often.
    const source = new pulumi.asset.FileAsset(args.agent.path);
    const agent = object("agent", `${STORE_KEYS.agents}${args.agent.sha256}`, { source }, kept);

    const bundleSha256 = sha256(args.bundle);
    const bundleKey = `${STORE_KEYS.bundles}${bundleSha256}`;
    const bundle = object("bundle", bundleKey, { content: args.bundle }, kept);

    // Nodes follow the pointer the moment it changes: what it names must be there, and what that names.
    const named = { dependsOn: [bundle, agent] };
    const content = pulumi.output({
      bundle: { key: bundleKey, sha256: bundleSha256 },
      parameters: { "origin-auth": args.parameters.originAuth, purge: args.parameters.purge },
      logs: { bucket: args.logBucket },
    });
    const serial = new aws.ssm.Parameter(
      `${name}-serial`,
      { region, type: "String", value: content.apply(digestOf) },
      { ...child, ...named },
    );
    const signed = pulumi
      .all([args.signing.current, content, serial.name, serial.version])
      .apply(([secret, wanted, parameter, version]) =>
        sealPointer(secret, region, { ...wanted, serial: { name: parameter, version } }),
      );
    // A signature gives nothing away of its key.
    const pointer = object("pointer", STORE_KEYS.pointer, { content: pulumi.unsecret(signed) }, named);

    this.bucketName = store.bucketName;
    this.bucketArn = store.bucketArn;
    this.serialArn = serial.arn;
    this.configurationKeys = configurationKeys(args.signing);
    this.ready = pulumi
      .all([standing([bootstrap, packages, pointer]), store.ready])
      .apply(([own, ofBucket]) => [...own, ...ofBucket]);
    this.registerOutputs({ bucketName: this.bucketName });
  }
}

const CONTENT_TYPES = {
  bootstrap: "text/x-python",
  agent: "text/javascript",
  bundle: "application/json",
  pointer: "application/json",
} as const;

function sha256(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
