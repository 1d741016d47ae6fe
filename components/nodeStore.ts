import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ParameterReference } from "./secretParameters";
import { PrivateBucket } from "./privateBucket";

export interface NodeStoreArgs {
  region: string;
  /** Script that a new node runs first; a new one replaces instances, since user data names it by its hash. */
  bootstrap: string;
  /** What nodes run, as one text; a new one is adopted by running nodes. */
  bundle: string;
  /** Parameters that nodes read, by role; their versions tell nodes when to read again. */
  parameters: Readonly<Record<string, { readonly current: ParameterReference; readonly next: ParameterReference }>>;
  /** Delete the bucket with what nodes wrote into it. Only for a PoP that takes no traffic. */
  forceDestroy: boolean;
}

/** Keys of the store. Nodes may read these and nothing else. */
export const STORE_KEYS = {
  /** The only object that changes in place: names the bundle and the parameters' versions. */
  pointer: "current.json",
  bootstrap: "bootstrap/",
  bundles: "bundles/",
  /** One object an entry, numbered. */
  purgeLog: "purge/",
  /** While this object exists, the PoP answers its health check with 503. */
  drain: "drain",
} as const;

/** Days that a purge stays in the log: longer than any response may be kept, since a longer absence flushes all. */
const PURGE_LOG_DAYS = 7;
/** Days that a former pointer, bundle or drain switch can be brought back. */
const FORMER_VERSION_DAYS = 30;

/**
 * What the nodes of one region read: bootstrap, configuration bundle, the pointer to it, the purge log and the drain
 * switch, all in one private bucket of the region, so that a node depends on no other region.
 *
 * ```ts
 * const store = new NodeStore("edge-store", {
 *   region: "eu-central-1", bootstrap: script, bundle: text, parameters: {}, forceDestroy: false,
 * });
 * ```
 *
 * Creates the bucket and three objects in it. Bootstrap and bundle have their content's SHA-256 in their key and never
 * change; the pointer follows the bundle. A bootstrap stays when a newer one comes, because a group that rolls back
 * starts nodes that ask for the former one. Costs the storage of some hundred kilobytes and about $1 per node and
 * month of requests for the purge log.
 */
export class NodeStore extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  readonly bootstrapSha256: string;
  /** Stands when a node that starts finds all that it needs. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: NodeStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:nodeStore:NodeStore", name, {}, opts);
    const { region } = args;
    const child = { parent: this };

    const store = new PrivateBucket(
      name,
      {
        region,
        forceDestroy: args.forceDestroy,
        lifecycleRules: [
          {
            id: "purge-log",
            status: "Enabled",
            filter: { prefix: STORE_KEYS.purgeLog },
            expiration: { days: PURGE_LOG_DAYS },
            noncurrentVersionExpiration: { noncurrentDays: 1 },
          },
          ...[STORE_KEYS.pointer, STORE_KEYS.bundles, STORE_KEYS.drain, STORE_KEYS.bootstrap].map((prefix) => ({
            id: `former-${prefix.replace("/", "")}`,
            status: "Enabled",
            filter: { prefix },
            noncurrentVersionExpiration: { noncurrentDays: FORMER_VERSION_DAYS },
          })),
        ],
      },
      child,
    );

    const object = (role: string, key: string, content: pulumi.Input<string>, options: pulumi.CustomResourceOptions) =>
      new aws.s3.BucketObjectv2(
        `${name}-${role}`,
        { region, bucket: store.bucketName, key, content, contentType: CONTENT_TYPES[role] },
        { ...child, ...options },
      );

    this.bootstrapSha256 = sha256(args.bootstrap);
    const bootstrap = object("bootstrap", `${STORE_KEYS.bootstrap}${this.bootstrapSha256}`, args.bootstrap, {
      retainOnDelete: true,
    });

    const bundleSha256 = sha256(args.bundle);
    const bundleKey = `${STORE_KEYS.bundles}${bundleSha256}`;
    const bundle = object("bundle", bundleKey, args.bundle, {});

    const pointer = object(
      "pointer",
      STORE_KEYS.pointer,
      pulumi.jsonStringify({ bundle: { key: bundleKey, sha256: bundleSha256 }, parameters: args.parameters }),
      // Nodes follow the pointer the moment it changes: what it names must be there.
      { dependsOn: bundle },
    );

    this.bucketName = store.bucketName;
    this.bucketArn = store.bucketArn;
    this.ready = [bootstrap, pointer, ...store.ready];
    this.registerOutputs({ bucketName: this.bucketName });
  }
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  bootstrap: "text/x-python",
  bundle: "application/json",
  pointer: "application/json",
};

function sha256(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
