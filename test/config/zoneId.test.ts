import { Command } from "commander";
import { publicZoneId, registerZoneId } from "../../infra/commands/zoneId";
import { UserError } from "../../infra/terminal/userError";
import { AwsServer } from "./awsServer";

interface Zone {
  readonly name: string;
  readonly id: string;
  readonly isPrivate?: boolean;
}

/** Zones of the fake account in Route 53's order, and how many it gives at a time. */
let zones: readonly Zone[];
let pageSize: number;
let server: AwsServer;

beforeEach(async () => {
  pageSize = 100;
  server = new AwsServer(({ url }) => {
    const name = url.searchParams.get("dnsname") ?? "";
    const id = url.searchParams.get("hostedzoneid");
    const from = zones.findIndex((zone) => (id === null ? zone.name === `${name}.` : zone.id === id));
    const page = from === -1 ? [] : zones.slice(from, from + pageSize);
    const next = from === -1 ? undefined : zones[from + pageSize];
    return { type: "text/xml", body: listing(page, next) };
  });
  await server.start();
});

afterEach(() => server.stop());

function listing(page: readonly Zone[], next: Zone | undefined): string {
  const entries = page.map(
    ({ name, id, isPrivate = false }) =>
      `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>x</CallerReference><Config><PrivateZone>${String(isPrivate)}</PrivateZone></Config></HostedZone>`,
  );
  const rest =
    next === undefined
      ? "<IsTruncated>false</IsTruncated>"
      : `<IsTruncated>true</IsTruncated><NextDNSName>${next.name}</NextDNSName><NextHostedZoneId>${next.id}</NextHostedZoneId>`;
  return `<?xml version="1.0"?><ListHostedZonesByNameResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones>${entries.join("")}</HostedZones>${rest}<MaxItems>100</MaxItems></ListHostedZonesByNameResponse>`;
}

test("prints the id of the public zone with exactly that name", async () => {
  zones = [
    { name: "example.com.", id: "Z0PRIVATE", isPrivate: true },
    { name: "example.com.", id: "Z0PUBLIC" },
    { name: "www.example.com.", id: "Z0BELOW" },
  ];
  const out = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const program = new Command().exitOverride();
    registerZoneId(program);
    await program.parseAsync(["node", "footprint", "zone-id", "Example.com."]);
    expect(out.mock.calls).toEqual([["Z0PUBLIC\n"]]);
  } finally {
    out.mockRestore();
  }
});

test("follows the pages of zones with the same name", async () => {
  pageSize = 1;
  zones = [
    { name: "example.com.", id: "Z0PRIVATE", isPrivate: true },
    { name: "example.com.", id: "Z0PUBLIC" },
    { name: "example.net.", id: "Z0OTHER" },
  ];
  expect(await publicZoneId("example.com")).toBe("Z0PUBLIC");
});

describe("rejects", () => {
  const refusal = async (name: string): Promise<string> => {
    const error: unknown = await publicZoneId(name).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  };

  test("rejects a name that no public zone has", async () => {
    zones = [{ name: "example.com.", id: "Z0PRIVATE", isPrivate: true }];
    expect(await refusal("example.com")).toBe("no public hosted zone named example.com in this account");
  });

  test("rejects a name that several public zones have, and lists them", async () => {
    zones = [
      { name: "example.com.", id: "Z0B" },
      { name: "example.com.", id: "Z0A" },
    ];
    expect(await refusal("example.com")).toBe(
      "several public hosted zones are named example.com, choose the one its registrar delegates to: Z0A, Z0B",
    );
  });

  test("rejects what is no name of a zone, without asking anybody", async () => {
    expect(await refusal("example")).toBe('must be the name of a zone, such as example.com, got "example"');
    expect(server.requests).toEqual([]);
  });
});
