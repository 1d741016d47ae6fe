import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCutover, type Cutover } from "../../infra/operate/cutover";
import { AwsServer, type AwsAnswer, type AwsRequest } from "../config/awsServer";

const STACK_FILE = `config:
  aws:region: eu-west-1
  footprint:zones: { example.com: { id: Z0123456789ABCDEFGHIJ } }
  footprint:sites:
    www.example.com: { origin: https://origin.example.net, dns: later }
    now.example.com: { origin: https://origin.example.net }
  footprint:image: { eu-west-1: ami-0123456789abcdef0, us-east-1: ami-0123456789abcdef1 }
  footprint:packages: { bucket: some-packages }
  footprint:pops: { eu-west-1: {}, us-east-1: { state: drained } }
`;

/** As Route 53 writes a record. */
const cname = `<ResourceRecordSet><Name>www.example.com.</Name><Type>CNAME</Type><TTL>3600</TTL><ResourceRecords><ResourceRecord><Value>edge.other.example</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`;
const note = `<ResourceRecordSet><Name>www.example.com.</Name><Type>TXT</Type><TTL>300</TTL><ResourceRecords><ResourceRecord><Value>"a"</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`;
const alias = (name: string, type: string, more = "") =>
  `<ResourceRecordSet><Name>${name}.</Name><Type>${type}</Type>${more}<AliasTarget><HostedZoneId>ZLB</HostedZoneId><DNSName>lb.elb.example.</DNSName><EvaluateTargetHealth>${String(more !== "")}</EvaluateTargetHealth></AliasTarget></ResourceRecordSet>`;
const typed = (name: string, type: string, value: string, more = "") =>
  `<ResourceRecordSet><Name>${name}.</Name><Type>${type}</Type>${more}<TTL>300</TTL><ResourceRecords><ResourceRecord><Value>${value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`;
const latency = (type: string) =>
  alias("www.example.com", type, "<SetIdentifier>eu-west-1</SetIdentifier><Region>eu-west-1</Region>");

/** What the host's records are afterwards: those that the program declares, as the SDK hands them over. */
const WANTED = ["A", "AAAA"].map((Type) => ({
  Name: "www.example.com.",
  Type,
  SetIdentifier: "eu-west-1",
  Region: "eu-west-1",
  HealthCheckId: "check-of-eu-west-1",
  AliasTarget: { HostedZoneId: "ZLB", DNSName: "lb.elb.example.", EvaluateTargetHealth: true },
}));
const FORMER = {
  Name: "www.example.com.",
  Type: "CNAME",
  TTL: 3600,
  ResourceRecords: [{ Value: "edge.other.example" }],
};

/** Where the PoPs' own names live. */
let popDomain: string;
let folder: string;
let server: AwsServer;
let records: string[];
let refuses: boolean;
let answer: string | undefined;
let said: string[];

beforeEach(async () => {
  popDomain = "pop.example.com";
  folder = mkdtempSync(join(tmpdir(), "footprint-cutover-"));
  writeFileSync(join(folder, "Pulumi.edge.yaml"), STACK_FILE);
  const outputs = {
    storeBuckets: { "eu-west-1": "store-1", "us-east-1": "store-2" },
    popStates: { "eu-west-1": "active", "us-east-1": "drained" },
  };
  writeFileSync(join(folder, "outputs.json"), JSON.stringify(outputs));
  records = [cname, note];
  refuses = false;
  answer = "y";
  said = [];
  server = new AwsServer(route53);
  await server.start();
});

afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

function route53({ method, url }: AwsRequest): AwsAnswer {
  const xml = (body: string, status = 200): AwsAnswer => ({ status, type: "text/xml", body });
  if (url.pathname.endsWith("/healthcheck")) {
    const check = (region: string) =>
      `<HealthCheck><Id>check-of-${region}</Id><CallerReference>x</CallerReference><HealthCheckVersion>1</HealthCheckVersion><HealthCheckConfig><Type>HTTPS</Type><FullyQualifiedDomainName>${region}.${popDomain}</FullyQualifiedDomainName></HealthCheckConfig></HealthCheck>`;
    return xml(
      `<ListHealthChecksResponse><HealthChecks>${["eu-west-1", "us-east-1"].map(check).join("")}</HealthChecks><IsTruncated>false</IsTruncated></ListHealthChecksResponse>`,
    );
  }
  if (url.pathname.includes("/change/")) {
    return xml(
      `<GetChangeResponse><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status></ChangeInfo></GetChangeResponse>`,
    );
  }
  if (method === "POST") {
    return refuses
      ? xml(
          `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>`,
          403,
        )
      : xml(
          `<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status></ChangeInfo></ChangeResourceRecordSetsResponse>`,
        );
  }
  const name = url.searchParams.get("name");
  const found = !String(name).endsWith(popDomain) ? records : [alias(String(name), "A"), alias(String(name), "AAAA")];
  return xml(
    `<ListResourceRecordSetsResponse><ResourceRecordSets>${found.join("")}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`,
  );
}

const kind = ({ Action, ResourceRecordSet: set }: Cutover["changes"][number]) =>
  `${String(Action)} ${String(set?.Type)}`;

/** The change batch that was sent, as it went over the wire. */
const sent = () => server.requests.filter(({ method }) => method === "POST").map(({ body }) => body);

async function cutover(host = "www.example.com"): Promise<{ status: number; result: Cutover }> {
  const same = (text: string) => text;
  let out = "";
  const status = await runCutover(
    { stack: "edge", outputs: join(folder, "outputs.json"), host, json: true },
    () => Promise.reject(new Error("the zone's id is in the stack file")),
    {
      style: { bold: same, dim: same, green: same, yellow: same, red: same, width: Infinity },
      out: (text) => (out += text),
      say: (line) => said.push(line),
      ask: () => Promise.resolve(answer),
      whenInterrupted: () => () => undefined,
    },
    folder,
  );
  return { status, result: JSON.parse(out) as Cutover };
}

test("what leads elsewhere goes and the active PoPs' records come, in one batch, with the way back", async () => {
  const { status, result } = await cutover();

  expect(status).toBe(0);
  expect(result).toEqual({
    stack: "edge",
    host: "www.example.com",
    zoneId: "Z0123456789ABCDEFGHIJ",
    changes: [
      { Action: "DELETE", ResourceRecordSet: FORMER },
      ...WANTED.map((ResourceRecordSet) => ({ Action: "CREATE", ResourceRecordSet })),
    ],
    back: [
      ...WANTED.map((ResourceRecordSet) => ({ Action: "DELETE", ResourceRecordSet })),
      { Action: "CREATE", ResourceRecordSet: FORMER },
    ],
    sent: true,
    inSync: true,
  });
  expect(sent()).toHaveLength(1);
  expect([...(sent()[0] ?? "").matchAll(/<Action>(\w+)<\/Action>/g)].map(([, action]) => action)).toEqual([
    "DELETE",
    "CREATE",
    "CREATE",
  ]);
  // Said before it is asked for: what happens, and what takes it back.
  expect(said[0]).toContain("\n  - CNAME edge.other.example, TTL 3600\n  + A (eu-west-1) lb.elb.example.\n");
  expect(said[0]).toContain(
    `\n  aws route53 change-resource-record-sets --hosted-zone-id Z0123456789ABCDEFGHIJ --change-batch '${JSON.stringify({ Changes: result.back })}'`,
  );
  expect(said.at(-1)).toBe(
    "www.example.com leads to the PoPs. Resolvers may give the former answer for 3600 s more. " +
      "Now take `dns: later` out of the stack file, and `pulumi up`: it takes the records over as they are.",
  );
});

test("a second time there is nothing to change, and nothing is sent", async () => {
  records = [latency("A"), latency("AAAA"), note];

  const { status, result } = await cutover();

  expect({ status, changes: result.changes, sent: result.sent }).toEqual({ status: 0, changes: [], sent: false });
  expect(sent()).toEqual([]);
});

test("what a cut-over that was begun by hand lacks is added", async () => {
  records = [latency("A"), note];

  const { result } = await cutover();

  expect(result.changes).toEqual([{ Action: "CREATE", ResourceRecordSet: WANTED[1] }]);
});

// RFC 8659, section 3: CAA records of an apex are those of every name below it that has none of its own.
test("of an apex the addresses go, and the zone's CAA records stay", async () => {
  writeFileSync(
    join(folder, "Pulumi.edge.yaml"),
    STACK_FILE.replace("www.example.com: {", "example.com: {").replace("{ id: Z", "{ caaAtApex: true, id: Z"),
  );
  records = [typed("example.com", "A", "192.0.2.1"), typed("example.com", "CAA", '0 issue "ca.example.net"')];

  const { result } = await cutover("example.com");

  expect([result.changes, result.back].map((batch) => batch.map(kind))).toEqual([
    ["DELETE A", "CREATE A", "CREATE AAAA"],
    ["DELETE A", "DELETE AAAA", "CREATE A"],
  ]);
});

// RFC 9460, section 2.4.3 and 7.3: a client may go by the hints of an HTTPS record before it has asked for addresses, and in
// section 5 by the keys for ECH in it. Below a host's own name nobody else's certificates are asked for.
test("what browsers go by beside addresses goes too, and comes back by the way back", async () => {
  const https = "1 . alpn=h3 ipv4hint=192.0.2.1 ech=AEX";
  records = [
    ...[typed("www.example.com", "A", "192.0.2.1"), typed("www.example.com", "CAA", '0 issue "ca.example.net"')],
    ...[typed("www.example.com", "HTTPS", https), typed("www.example.com", "SVCB", "0 edge.other.example."), note],
    // Another's, though it is named as a PoP's are.
    typed("www.example.com", "HTTPS", https, "<SetIdentifier>eu-west-1</SetIdentifier><Region>eu-west-1</Region>"),
  ];

  const { result } = await cutover();

  const gone = ["A", "CAA", "HTTPS", "SVCB", "HTTPS"];
  expect(result.changes.map(kind)).toEqual([...gone.map((type) => `DELETE ${type}`), "CREATE A", "CREATE AAAA"]);
  expect(result.back.map(kind)).toEqual(["DELETE A", "DELETE AAAA", ...gone.map((type) => `CREATE ${type}`)]);
  expect(said[0]).toContain(`\n  - HTTPS ${https}, TTL 300\n`);
});

test("PoPs are found by the names that the stack file gives them", async () => {
  popDomain = "staging.pop.example.com";
  writeFileSync(join(folder, "Pulumi.edge.yaml"), `${STACK_FILE}  footprint:popDomain: ${popDomain}\n`);

  const { result } = await cutover();

  expect(result.changes.slice(1)).toEqual(WANTED.map((ResourceRecordSet) => ({ Action: "CREATE", ResourceRecordSet })));
});

describe("rejects, and changes nothing,", () => {
  test("when the answer is no, or nobody can be asked", async () => {
    answer = "n";
    await expect(cutover()).rejects.toThrow("nothing was done");
    answer = undefined;
    await expect(cutover()).rejects.toThrow(
      "Send this batch? www.example.com then leads to eu-west-1. Nobody can be asked here: add --yes to agree. Nothing was done.",
    );
    expect(sent()).toEqual([]);
  });

  test.each([
    [
      "ww.example.com",
      '--host: must be a site of stack edge, got "ww.example.com", did you mean "www.example.com"?; there are: now.example.com, www.example.com',
    ],
    [
      "now.example.com",
      '--host: must be a site with `dns: later` in the stack file, got "now.example.com", whose records are `pulumi up`\'s already',
    ],
  ])("a host that is none, or the program's already: %s", async (host, message) => {
    await expect(cutover(host)).rejects.toThrow(message);
    expect(server.requests).toEqual([]);
  });

  test("when Route 53 refuses", async () => {
    refuses = true;

    await expect(cutover()).rejects.toThrow("Route 53: AccessDenied: not yours; nothing was changed");
  });
});
