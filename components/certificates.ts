import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { HostedName } from "./hostedName";
import { allOf } from "./order";

export interface CertificatesArgs {
  region: string;
  /** Names that get a certificate of their own each. */
  names: HostedName[];
  /** By name, what its certificate is asked for after: the URN of the CAA record that allows Amazon to issue it. */
  after?: Record<string, pulumi.Input<string>>;
}

/**
 * One region's ACM certificates, one per name, validated by DNS.
 *
 * ```ts
 * const certificates = new Certificates("edge-certificates", {
 *   region: "eu-central-1",
 *   names: [{ host: "cdn.example.com", zoneId: "Z0123456789ABCDEFGHIJ" }],
 * });
 * ```
 *
 * One certificate per name, so that adding a name replaces nothing and a name that does not validate blocks no other.
 *
 * Creates per name a certificate, its validation record and the wait for validation. Public certificates cost nothing.
 * The validation record of a name is the same in every region and for the whole account: every PoP writes it, none
 * deletes it, and it stays behind when the stack is destroyed.
 */
export class Certificates extends pulumi.ComponentResource {
  /** ARN of each name's certificate, known once it is validated. */
  readonly arns: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:certificates:Certificates", name, {}, opts);
    const { region } = args;
    const child = { parent: this };

    const validatedArn = ({ host, zoneId }: HostedName): pulumi.Output<string> => {
      const certificate = new aws.acm.Certificate(
        `${name}-${host}`,
        { region, domainName: host, validationMethod: "DNS" },
        { ...child, dependsOn: allOf(args.after?.[host]) },
      );

      const proof = certificate.domainValidationOptions.apply(onlyOption);
      const record = new aws.route53.Record(
        `${name}-${host}`,
        {
          zoneId,
          name: proof.resourceRecordName,
          type: proof.resourceRecordType,
          records: [proof.resourceRecordValue],
          ttl: 300,
          allowOverwrite: true,
        },
        { ...child, retainOnDelete: true },
      );

      const validation = new aws.acm.CertificateValidation(
        `${name}-${host}`,
        { region, certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
        child,
      );
      return validation.certificateArn;
    };

    this.arns = Object.fromEntries(args.names.map((each) => [each.host, validatedArn(each)]));
    this.registerOutputs({ arns: this.arns });
  }
}

/** A certificate for one name has one way to prove it. */
function onlyOption(options: readonly aws.types.output.acm.CertificateDomainValidationOption[]) {
  const [option] = options;
  if (option === undefined) {
    throw new Error("ACM gave no validation record for the certificate: is its validation method DNS?");
  }
  return option;
}
