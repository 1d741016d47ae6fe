import { Certificates } from "../../components/certificates";
import { alone, standIn, type Alone } from "./alone";

describe("certificates", () => {
  let made: Alone;
  const HOST = "cdn.example.com";

  beforeAll(async () => {
    made = await alone(
      () =>
        new Certificates("cert", {
          region: "eu-central-1",
          names: [
            { host: HOST, zoneId: "Z1" },
            { host: "*.pop.example.net", zoneId: "Z2" },
          ],
          after: { [HOST]: standIn("caa").urn },
        }).arns,
    );
  });

  test("are one per name, each of exactly that name, proved by DNS", () => {
    expect(made.all("Certificate").map(({ inputs }) => inputs)).toEqual([
      { region: "eu-central-1", domainName: "*.pop.example.net", validationMethod: "DNS" },
      { region: "eu-central-1", domainName: HOST, validationMethod: "DNS" },
    ]);
  });

  test("are asked for when the name's CAA record stands, and wait for nobody else's", () => {
    const caa = made.one("Topic", "caa").urn;

    expect(made.one("Certificate", `cert-${HOST}`).dependencies).toEqual([caa]);
    expect(made.one("Certificate", "cert-*.pop.example.net").dependencies).toEqual([]);
  });

  test("have their proof in the name's zone, whoever wrote it before", () => {
    expect(made.inputs("Record", `cert-${HOST}`)).toEqual({
      zoneId: "Z1",
      name: `_proof.cert-${HOST}`,
      type: "CNAME",
      records: ["_proof.acm-validations.aws"],
      ttl: 300,
      allowOverwrite: true,
    });
    expect(made.inputs("Record", "cert-*.pop.example.net").zoneId).toBe("Z2");
  });

  test("leave their proofs, which other regions share, and nothing else behind", () => {
    const retained = made.registrations.filter(({ options }) => options.retainOnDelete === true);

    expect(retained).toEqual(made.all("Record"));
    expect(retained).toHaveLength(2);
  });

  test("are waited for until they are validated by their own record", () => {
    expect(made.inputs("CertificateValidation", `cert-${HOST}`)).toEqual({
      region: "eu-central-1",
      certificateArn: `arn:aws:made:up:111122223333:cert-${HOST}`,
      validationRecordFqdns: [`fqdn-of-cert-${HOST}`],
    });
  });

  test("are given by name", () => {
    expect(made.outputs).toEqual({
      [HOST]: `arn:aws:made:up:111122223333:cert-${HOST}`,
      "*.pop.example.net": "arn:aws:made:up:111122223333:cert-*.pop.example.net",
    });
  });
});

test("the ARN of a certificate is that of its validation: who uses it waits for it", async () => {
  const made = await alone(() => {
    const { arns } = new Certificates("cert", {
      region: "eu-central-1",
      names: [{ host: "a.example.com", zoneId: "Z" }],
    });
    new Certificates("user", {
      region: "eu-central-1",
      names: [{ host: "b.example.com", zoneId: arns["a.example.com"]! }],
    });
  });

  expect(made.one("Record", "user-b.example.com").dependencies).toContain(
    made.one("CertificateValidation", "cert-a.example.com").urn,
  );
});
