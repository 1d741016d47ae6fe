import { arn, inputId, uuid, type Kinds } from "../kind";
import { text } from "../values";

/** Certificates. One is issued when its validation has found the record that proves it. */
export const acm: Kinds = {
  "aws:acm/certificate:Certificate": {
    regional: true,
    tagged: true,
    id: ({ region, hex }) => arn("acm", region, `certificate/${uuid(hex("certificate", 32))}`),
    computed: ({ id, inputs, former, sharedHex }) => {
      const domainName = text(inputs.domainName);
      // The proof belongs to account and name: it is the same in every region, and for a wildcard that of its parent.
      const proven = domainName.replace(/^\*\./, "");
      return {
        arn: id,
        domainValidationOptions: [
          {
            domainName,
            resourceRecordName: `_${sharedHex(`proof of ${proven}`, 32)}.${proven}.`,
            resourceRecordType: "CNAME",
            resourceRecordValue: `_${sharedHex(`value for ${proven}`, 32)}.${sharedHex("validations", 10)}.acm-validations.aws.`,
          },
        ],
        keyAlgorithm: "RSA_2048",
        pendingRenewal: false,
        renewalEligibility: "INELIGIBLE",
        status: former?.properties.status ?? "PENDING_VALIDATION",
        subjectAlternativeNames: [domainName],
        type: "AMAZON_ISSUED",
        validationEmails: [],
      };
    },
  },
  "aws:acm/certificateValidation:CertificateValidation": { regional: true, id: inputId("certificateArn") },
};
