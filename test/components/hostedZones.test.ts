import * as pulumi from "@pulumi/pulumi";
import { HostedZones, type HostedZonesArgs } from "../../components/hostedZones";
import { alone, type Alone } from "./alone";

function zones(args: Partial<HostedZonesArgs> = {}): Promise<Alone> {
  return alone(() => {
    const { ids, nameServers, caaRecords } = new HostedZones("zones", {
      zones: [
        { name: "example.com", id: "Z0123456789ABCDEFGHIJ", answers: true },
        { name: "example.net", answers: true },
      ],
      caa: [
        { host: "cdn.example.com", zone: "example.com" },
        { host: "pop.example.net", zone: "example.net" },
      ],
      protection: true,
      ...args,
    });
    return { ids, nameServers, caa: caaRecords };
  });
}

describe("hosted zones", () => {
  let made: Alone;

  beforeAll(async () => {
    made = await zones();
  });

  test("are made only where none is given by its id", () => {
    expect(made.all("Zone").map(({ name, inputs }) => [name, inputs])).toEqual([
      [
        "zones-example.net",
        {
          name: "example.net",
          comment: "Managed by Pulumi",
          enableAcceleratedRecovery: true,
          forceDestroy: false,
        },
      ],
    ]);
  });

  // Certificates wait for the delegation, and outputs are shown at the end.
  test("that are made here say their name servers at once", async () => {
    const info = jest.spyOn(pulumi.log, "info").mockResolvedValue();
    try {
      await zones();

      expect(info.mock.calls.map(([message]) => message)).toEqual([
        "example.net must be delegated to ns1.example.org: certificates wait up to 75 minutes for it",
      ]);
    } finally {
      info.mockRestore();
    }
  });

  test("that are made here are protected", () => {
    expect(made.one("Zone", "zones-example.net").options).toEqual({ protect: true, retainOnDelete: true });
  });

  test("are known by name, and their name servers if made here", () => {
    expect(made.outputs).toMatchObject({
      ids: { "example.com": "Z0123456789ABCDEFGHIJ", "example.net": "zone-id-of-zones-example.net" },
      nameServers: { "example.net": ["ns1.example.org"] },
    });
  });

  test("let Amazon by each of its names, and nobody else, issue certificates, wildcards too", () => {
    const issuers = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];

    expect(made.inputs("Record", "zones-cdn.example.com-caa")).toEqual({
      zoneId: "Z0123456789ABCDEFGHIJ",
      name: "cdn.example.com",
      type: "CAA",
      ttl: 3600,
      records: issuers.flatMap((issuer) => [`0 issue "${issuer}"`, `0 issuewild "${issuer}"`]),
    });
  });

  test("have each CAA record in its own zone, and none at an apex that nobody named", () => {
    expect(made.all("Record").map(({ inputs }) => [inputs.name, inputs.zoneId])).toEqual([
      ["cdn.example.com", "Z0123456789ABCDEFGHIJ"],
      ["pop.example.net", "zone-id-of-zones-example.net"],
    ]);
    expect(made.outputs).toMatchObject({
      caa: {
        "cdn.example.com": made.one("Record", "zones-cdn.example.com-caa").urn,
        "pop.example.net": made.one("Record", "zones-pop.example.net-caa").urn,
      },
    });
  });
});

test("a zone of an unprotected footprint can be deleted", async () => {
  const { options, inputs } = (await zones({ protection: false })).one("Zone", "zones-example.net");
  expect(options).toEqual({});
  expect(inputs.forceDestroy).toBe(true);
});

test("rejects a CAA record in a zone that is not listed", async () => {
  await expect(zones({ caa: [{ host: "cdn.example.org", zone: "example.org" }] })).rejects.toThrow(
    /^caa: "cdn\.example\.org" is in zone "example\.org", which is not listed$/,
  );
});
