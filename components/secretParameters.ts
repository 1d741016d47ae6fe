import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FootprintSecrets, SecretPair } from "./secrets";

export interface SecretParametersArgs {
  region: string;
  /** The secrets by their role, which becomes part of the parameters' names. */
  secrets: FootprintSecrets;
}

/** Where a node finds one value of a secret. A new value is a new version. */
export interface ParameterReference {
  readonly name: pulumi.Output<string>;
  readonly version: pulumi.Output<number>;
}

/** Where a node finds the two values of a secret, and of which generation they are. */
export interface ParameterPair {
  /** Of the value `current`; the pointer tells operators, whose regions it may set back one by one. */
  readonly generation: number;
  readonly current: ParameterReference;
  readonly next: ParameterReference;
}

/** What the pointer says of the secrets, by their role. */
export interface ParameterReferences {
  readonly originAuth: ParameterPair;
  readonly purge: ParameterPair;
}

/**
 * A region's copies of the footprint's secrets, as SecureString parameters: nodes read them from their own region.
 *
 * ```ts
 * const parameters = new SecretParameters("edge", {
 *   region: "eu-central-1", secrets,
 * });
 * ```
 *
 * Creates two parameters a secret (`current` and `next`), encrypted with the region's key for parameters. Standard
 * parameters cost nothing.
 */
export class SecretParameters extends pulumi.ComponentResource {
  readonly arns: pulumi.Output<string>[];
  /** By role and value, for the pointer: no secret is in it. */
  readonly references: ParameterReferences;

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

    const pair = (role: string, { generation, current, next }: SecretPair): ParameterPair => ({
      generation,
      current: parameter(`${role}-current`, current),
      next: parameter(`${role}-next`, next),
    });

    this.references = {
      originAuth: pair("origin-auth", args.secrets.originAuth),
      purge: pair("purge", args.secrets.purge),
    };
    this.arns = arns;
    this.registerOutputs({});
  }
}
