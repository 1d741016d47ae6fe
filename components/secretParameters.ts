import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { SecretPair } from "./secrets";

export interface SecretParametersArgs {
  region: string;
  /** The secrets by their role, which becomes part of the parameters' names. */
  secrets: Readonly<Record<string, SecretPair>>;
}

/** Where a node finds one value of a secret. A new value is a new version. */
export interface ParameterReference {
  readonly name: pulumi.Output<string>;
  readonly version: pulumi.Output<number>;
}

/**
 * A region's copies of the footprint's secrets, as SecureString parameters: nodes read them from their own region.
 *
 * ```ts
 * const parameters = new SecretParameters("edge", { region: "eu-central-1", secrets: { purge: secrets.purge } });
 * ```
 *
 * Creates two parameters a secret (`current` and `next`), encrypted with the region's key for parameters. Standard
 * parameters cost nothing.
 */
export class SecretParameters extends pulumi.ComponentResource {
  readonly arns: readonly pulumi.Output<string>[];
  /** By role and value, for the pointer: no secret is in it. */
  readonly references: Readonly<
    Record<string, { readonly current: ParameterReference; readonly next: ParameterReference }>
  >;

  constructor(name: string, args: SecretParametersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:secretParameters:SecretParameters", name, {}, opts);

    const arns: pulumi.Output<string>[] = [];
    const parameter = (role: string, value: pulumi.Output<string>): ParameterReference => {
      const made = new aws.ssm.Parameter(
        `${name}-${role}`,
        { region: args.region, type: "SecureString", value },
        { parent: this },
      );
      arns.push(made.arn);
      return { name: made.name, version: made.version };
    };

    this.references = Object.fromEntries(
      Object.entries(args.secrets).map(([role, pair]) => [
        role,
        { current: parameter(`${role}-current`, pair.current), next: parameter(`${role}-next`, pair.next) },
      ]),
    );
    this.arns = arns;
    this.registerOutputs({});
  }
}
