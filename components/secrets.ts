import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { configurationKey } from "./node/protocol/configurationKey";

/** Two live values of one secret, so that it can be rotated without a moment in which two sides disagree. */
export interface SecretPair {
  /** Of the value `current`. */
  readonly generation: number;
  readonly current: pulumi.Output<string>;
  readonly next: pulumi.Output<string>;
}

/** The secrets of a footprint by their role; the component `Secrets` makes them. */
export interface FootprintSecrets {
  /** The header that proves to an origin that a request comes from this footprint. */
  readonly originAuth: SecretPair;
  /** The key that signs entries of the purge log. */
  readonly purge: SecretPair;
  /** The key that signs what nodes run. The program alone has it: nodes have what verifies. */
  readonly configuration: SecretPair;
}

export interface SecretsArgs {
  /** Generation of the header that proves to an origin that a request comes from this footprint; 1 or more. */
  originAuth: number;
  /** Generation of the key that signs entries of the purge log; 1 or more. */
  purge: number;
  /** Generation of the key that signs what nodes run; 1 or more. Default: 1. */
  configuration?: number;
  /** Refuse that a generation changes by more than one in an update. Default: true. */
  protection?: boolean;
}

/** Long enough that guessing is out of the question; letters and digits need no escaping in a header. */
const LENGTH = 48;

/**
 * The secrets of a footprint: generation n is `current`, n + 1 is `next`. The one before is kept, and given to nobody, so
 * that a rotation that is taken back brings back the value that origins knew.
 *
 * ```ts
 * const secrets = new Secrets("edge-secrets", { originAuth: 1, purge: 1, configuration: 1 });
 * ```
 *
 * Rotation: origins accept both values; raise the generation by one, and what was `next` is `current`, and a new value is
 * `next`. By more than one nobody would know any of the new values: the engine refuses it in the preview, since `current`
 * is protected and would go. Creates up to three random passwords a secret, kept encrypted in the stack's state. Costs
 * nothing.
 */
export class Secrets extends pulumi.ComponentResource implements FootprintSecrets {
  readonly originAuth: SecretPair;
  readonly purge: SecretPair;
  readonly configuration: SecretPair;

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:secrets:Secrets", name, {}, opts);

    const value = (role: string, generation: number, protect = false): pulumi.Output<string> =>
      new random.RandomPassword(
        `${name}-${role}-${String(generation)}`,
        { length: LENGTH, special: false },
        { parent: this, protect },
      ).result;
    const pair = (role: string, generation: number): SecretPair => {
      if (generation > 1) {
        value(role, generation - 1);
      }
      return {
        generation,
        current: value(role, generation, args.protection ?? true),
        next: value(role, generation + 1),
      };
    };

    this.originAuth = pair("origin-auth", args.originAuth);
    this.purge = pair("purge", args.purge);
    this.configuration = pair("configuration", args.configuration ?? 1);
    this.registerOutputs({});
  }
}

/**
 * What verifies signatures of both values: of the one that signs now, and of the one that will after a rotation.
 *
 * @returns public keys, in the clear
 */
export function configurationKeys({ current, next }: SecretPair): pulumi.Output<string[]> {
  return pulumi.unsecret(pulumi.all([current, next]).apply((values) => values.map((value) => configurationKey(value))));
}
