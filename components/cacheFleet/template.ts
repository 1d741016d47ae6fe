import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { STORE_KEYS } from "../node/protocol/storeKeys";
import { userData, USER_DATA_LIMIT } from "../node/userData";

export interface TemplateOptions {
  readonly region: string;
  readonly footprint: string;
  readonly image: string;
  readonly publicAddresses: boolean;
  readonly bucketName: pulumi.Input<string>;
  readonly bootstrapSha256: string;
  /** What verifies the store's pointer. */
  readonly configurationKeys: pulumi.Input<string[]>;
  /** Unique id of the nodes' role. */
  readonly roleId: pulumi.Input<string>;
  readonly securityGroupId: pulumi.Input<string>;
  readonly profileArn: pulumi.Input<string>;
  /** Alias of the KMS key that encrypts root volumes; undefined: AWS's own. */
  readonly volumeKey: string | undefined;
}

/** Size of a node's root volume, GB: the system and its logs; what is cached is in memory and on instance storage. */
export const NODE_ROOT_VOLUME_GB = 8;

/** The root device of Debian's images. */
export const NODE_ROOT_DEVICE = "/dev/xvda";

/** The key that EBS has of its own in each account and region. Whoever starts nodes may use it without being named in it. */
const OWN_KEY_OF_EBS = "alias/aws/ebs";

/** Characters of a version's description at most (EC2 API Reference, LaunchTemplateVersion). An alias has up to 256. */
const DESCRIPTION_LIMIT = 255;

/** Longest name of a bucket: with it the user data is as long as it can become. */
const LONGEST_BUCKET_NAME = 63;
/** Of the length that public keys have, and unique ids of roles. */
const CONFIGURATION_KEYS = ["x".repeat(60), "x".repeat(60)];
const ROLE_ID = "x".repeat(32);

/** What is wrong with the user data, before anything is made: EC2 takes so many bytes and no more. */
export function userDataProblems(options: Pick<TemplateOptions, "region" | "footprint" | "bootstrapSha256">): string[] {
  const size = Buffer.byteLength(bootData(options, "x".repeat(LONGEST_BUCKET_NAME), CONFIGURATION_KEYS, ROLE_ID));
  return size <= USER_DATA_LIMIT
    ? []
    : [
        `user data: must be at most ${String(USER_DATA_LIMIT)} bytes, got ${String(size)}: shorten the footprint's name`,
      ];
}

/** How a node is started: image, identity, disk, network. A new version of it replaces the nodes, a few at a time. */
export function launchTemplate(name: string, options: TemplateOptions, parent: pulumi.Resource) {
  const { region, volumeKey = OWN_KEY_OF_EBS } = options;
  return new aws.ec2.LaunchTemplate(
    name,
    {
      region,
      // A plan does not know the account, and so not the key's ARN: by this it shows that another key replaces the nodes.
      description: described(volumeKey),
      imageId: options.image,
      iamInstanceProfile: { arn: options.profileArn },
      userData: pulumi
        .all([options.bucketName, options.configurationKeys, options.roleId])
        .apply((known) => Buffer.from(bootData(options, ...known)).toString("base64")),
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        // One hop: nothing behind a forwarding proxy on the node can ask for the role's credentials.
        httpPutResponseHopLimit: 1,
        // The node learns the name of its group from its tags.
        instanceMetadataTags: "enabled",
      },
      monitoring: { enabled: true },
      blockDeviceMappings: [
        {
          deviceName: NODE_ROOT_DEVICE,
          ebs: {
            volumeType: "gp3",
            volumeSize: NODE_ROOT_VOLUME_GB,
            encrypted: "true",
            // Named, since without a name the account's default key counts, which anybody may change: one that Auto
            // Scaling may not use fails every launch.
            kmsKeyId: pulumi.output(options.profileArn).apply((profile) => aliasArn(region, profile, volumeKey)),
            deleteOnTermination: "true",
          },
        },
      ],
      networkInterfaces: [
        {
          deviceIndex: 0,
          securityGroups: [options.securityGroupId],
          associatePublicIpAddress: options.publicAddresses ? "true" : "false",
          ipv6AddressCount: 1,
          deleteOnTermination: "true",
        },
      ],
      tagSpecifications: [{ resourceType: "volume", tags: { Name: name, Footprint: options.footprint, Pop: region } }],
      updateDefaultVersion: true,
    },
    // The provider shows an edit of a tag as a new version, and so as a change of every group: it would read like a
    // refresh of all nodes, and be none (terraform-provider-aws, ec2_launch_template.go, CustomizeDiff).
    { parent, ignoreChanges: ["tags"] },
  );
}

/** Another text for each alias. */
function described(volumeKey: string): string {
  const text = `root volumes by ${volumeKey}`;
  return text.length <= DESCRIPTION_LIMIT
    ? text
    : `root volumes by the alias whose SHA-256 is ${createHash("sha256").update(volumeKey).digest("hex")}`;
}

/** The provider takes ARNs alone (ec2_launch_template.go, "kms_key_id"): partition and account are those of another ARN. */
function aliasArn(region: string, otherArn: string, alias: string): string {
  const [, partition = "", , , account = ""] = otherArn.split(":");
  return `arn:${partition}:kms:${region}:${account}:${alias}`;
}

function bootData(
  { region, footprint, bootstrapSha256 }: Pick<TemplateOptions, "region" | "footprint" | "bootstrapSha256">,
  bucket: string,
  configurationKeys: readonly string[],
  role: string,
): string {
  return userData({
    footprint,
    region,
    bucket,
    pointer: STORE_KEYS.pointer,
    bootstrap: `${STORE_KEYS.bootstrap}${bootstrapSha256}`,
    bootstrapSha256,
    configurationKeys,
    role,
  });
}
