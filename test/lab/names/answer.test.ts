import { loadConfig } from "../../../infra/config/load";
import { answerTo, type Known } from "../../../infra/lab/names/answer";
import type { Figures } from "../../../infra/lab/names/choose";
import { answer } from "../../../infra/plan/latency/answers";
import { SHIPPED_LATENCY } from "../../../infra/plan/latency/table";
import { shipped, valuesOf } from "../../support/stacks";
import { some } from "../../support/some";
import { ADDRESSES, entity, known, latencyRecord, ownRecord, POPS, valueRecord, ZONE, type Sick } from "./footprint";

const PROOF = "_1a2b3c.www.example.com";
const FOOTPRINT = [
  ZONE,
  ...POPS.flatMap((region) => [latencyRecord(region), latencyRecord(region, "AAAA"), ownRecord(region)]),
  valueRecord("www.example.com", "CAA", 3600, ['0 issue "amazon.com"', '0 issuewild "amazon.com"']),
  valueRecord(`${PROOF}.`, "CNAME", 300, ["_4d5e6f.acm-validations.aws."]),
];
const NEAR_SYDNEY: Figures = { "ap-southeast-2": 1, "eu-central-1": 280, "us-east-1": 200 };

function ask(
  name: string,
  type = "A",
  sick: Sick = {},
  figures: Figures = NEAR_SYDNEY,
  all: Known = known(FOOTPRINT, sick),
) {
  const { rcode, answers, authorities, tailored } = answerTo({ name, type }, figures, all);
  const data = answers.map((each) => ("data" in each ? each.data : null));
  return {
    rcode,
    data,
    ttls: [...new Set(answers.map((each) => ("ttl" in each ? each.ttl : null)))],
    authorities,
    tailored,
  };
}

const pop = (region: string, type = "A") =>
  ADDRESSES[region]?.filter((address) => address.includes(":") === (type === "AAAA"));

/** RFC 2308, 3: in the authority section of a negative answer; values: AWS's page "NS and SOA records ...". */
const SOA = {
  type: "SOA",
  name: "example.com",
  ttl: 900,
  data: {
    mname: "ns-2048.awsdns-64.com",
    rname: "awsdns-hostmaster.amazon.com",
    serial: 1,
    refresh: 7200,
    retry: 900,
    expire: 1_209_600,
    minimum: 86_400,
  },
};

describe("a latency record", () => {
  test("is answered by the healthy PoP with the least latency, with the addresses of its load balancer, for 60 s", () => {
    expect(ask("www.example.com")).toEqual({
      rcode: 0,
      data: pop("ap-southeast-2"),
      ttls: [60],
      authorities: [],
      tailored: true,
    });
    expect(ask("WWW.Example.COM", "AAAA").data).toEqual(pop("ap-southeast-2", "AAAA"));
    expect(ask("www.example.com", "A", {}, { "eu-central-1": 20, "us-east-1": 21 }).data).toEqual(pop("eu-central-1"));
  });

  test("goes to the next where the health check fails, or the load balancer that it evaluates has no healthy target", () => {
    expect(ask("www.example.com", "A", { checks: ["ap-southeast-2"] }).data).toEqual(pop("us-east-1"));
    expect(ask("www.example.com", "A", { loadBalancers: ["ap-southeast-2"] }).data).toEqual(pop("us-east-1"));
    expect(ask("www.example.com", "A", { checks: ["us-east-1"], loadBalancers: ["ap-southeast-2"] }).data).toEqual(
      pop("eu-central-1"),
    );
  });

  // "How Amazon Route 53 chooses records when health checking is configured": if none is healthy, all are.
  test("counts as healthy where none is", () => {
    expect(ask("www.example.com", "A", { checks: POPS }).data).toEqual(pop("ap-southeast-2"));
    expect(
      ask("www.example.com", "A", { checks: ["ap-southeast-2"], loadBalancers: ["eu-central-1", "us-east-1"] }).data,
    ).toEqual(pop("ap-southeast-2"));
  });

  test("goes to the first region where nothing is known of who asks", () => {
    expect(ask("www.example.com", "A", {}, {}).data).toEqual(pop("ap-southeast-2"));
    expect(ask("www.example.com", "A", { checks: ["ap-southeast-2"] }, {}).data).toEqual(pop("eu-central-1"));
  });

  test("is chosen for every place of the table as the plan says of the stack global, whichever PoP fails", () => {
    const { pops } = loadConfig("global", valuesOf(shipped("global")));
    const active = pops.filter(({ state }) => state === "active").map(({ region }) => region);
    const records = [ZONE, ...active.map((region) => latencyRecord(region))];
    for (const lost of ["", ...some(active)]) {
      const all: Known = {
        ...known(records, { checks: [lost] }),
        loadBalancer: (dnsName) => ({ healthy: true, addresses: [dnsName.replace(".elb.amazonaws.com", "")] }),
      };
      const left = active.filter((region) => region !== lost);
      const given = SHIPPED_LATENCY.places.map(({ ms }) => ask("www.example.com", "A", {}, ms, all).data[0]);
      expect(given).toEqual(some(SHIPPED_LATENCY.places).map((place) => answer(place, left)?.pop));
    }
  });
});

describe("other records", () => {
  test("a PoP's own name is answered whatever its health: its health check comes by it", () => {
    const sick = { checks: ["us-east-1"], loadBalancers: ["us-east-1"] };
    expect(ask("us-east-1.pop.example.com", "A", sick)).toEqual({
      rcode: 0,
      data: pop("us-east-1"),
      ttls: [60],
      authorities: [],
      tailored: false,
    });
  });

  test("values are answered as declared, with their own TTL", () => {
    expect(ask("www.example.com", "CAA")).toMatchObject({
      data: [
        { flags: 0, tag: "issue", value: "amazon.com" },
        { flags: 0, tag: "issuewild", value: "amazon.com" },
      ],
      ttls: [3600],
      tailored: false,
    });
    expect(ask(PROOF, "CNAME")).toMatchObject({ data: ["_4d5e6f.acm-validations.aws."], ttls: [300] });
  });

  test("an alias is answered for any type that is asked of it (RFC 1034, 3.6.2)", () => {
    expect(ask(PROOF, "A")).toMatchObject({ rcode: 0, data: ["_4d5e6f.acm-validations.aws."] });
  });

  test("the zone has the name servers and the SOA that Route 53 makes", () => {
    expect(ask("example.com", "SOA")).toMatchObject({ data: [SOA.data], ttls: [900] });
    expect(ask("example.com", "NS")).toMatchObject({ ttls: [172_800] });
    expect(ask("example.com", "NS").data).toHaveLength(4);
  });

  test("ANY is answered in short (RFC 8482, 4.2)", () => {
    expect(ask("www.example.com", "ANY").data).toEqual([{ cpu: "RFC8482", os: "" }]);
  });
});

describe("what is not there", () => {
  test("a name is NXDOMAIN, with the SOA that says how long (RFC 2308, 2.1)", () => {
    expect(ask("other.example.com")).toEqual({ rcode: 3, data: [], ttls: [], authorities: [SOA], tailored: false });
    // Below a name that is there, too; the program declares no wildcard.
    expect(ask("a.www.example.com").rcode).toBe(3);
  });

  test("a type is NODATA (RFC 2308, 2.2), and so is a name that only has names below it (RFC 8020)", () => {
    expect(ask("www.example.com", "MX")).toMatchObject({ rcode: 0, data: [], authorities: [SOA] });
    expect(ask("www.example.com", "UNKNOWN_65")).toMatchObject({ rcode: 0, data: [], authorities: [SOA] });
    expect(ask("pop.example.com")).toMatchObject({ rcode: 0, data: [], authorities: [SOA] });
    expect(ask("example.com", "A")).toMatchObject({ rcode: 0, data: [], authorities: [SOA] });
  });

  test("a zone is refused", () => {
    expect(ask("example.org")).toMatchObject({ rcode: 5, data: [], authorities: [] });
    // A name that ends with the letters of the zone is not in it.
    expect(ask("notexample.com").rcode).toBe(5);
  });

  test("the zone with the longest name answers", () => {
    const inner = entity("aws:route53/zone:Zone", "ZB", {
      zoneId: "ZB",
      name: "pop.example.com",
      nameServers: ["ns.of.inner"],
    });
    expect(ask("us-east-1.pop.example.com", "A", {}, {}, known([...FOOTPRINT, inner])).rcode).toBe(3);
  });

  test("a load balancer that is gone is no answer, and unhealthy", () => {
    const gone = latencyRecord("eu-west-1");
    const figures = { "eu-west-1": 1, "us-east-1": 2 };
    const all = known([ZONE, gone, latencyRecord("us-east-1")]);
    expect(ask("www.example.com", "A", {}, figures, all).data).toEqual(pop("us-east-1"));
    expect(ask("www.example.com", "A", {}, figures, known([ZONE, gone]))).toMatchObject({
      rcode: 0,
      data: [],
      authorities: [SOA],
    });
  });
});

describe("what the lab does not know", () => {
  test("rejects a routing policy that the program does not declare today", () => {
    const { id, properties } = latencyRecord("us-east-1");
    const weighted = { ...properties, weightedRoutingPolicies: [{ weight: 1 }] };
    expect(() => known([entity("aws:route53/record:Record", id, weighted)])).toThrow(
      new Error(
        "the lab's Route 53 does not know this Record (ZA_www.example.com_A_us-east-1): " +
          '✖ Unrecognized key: "weightedRoutingPolicies"',
      ),
    );
  });

  test("rejects a type of record, a wildcard and a kind of health check that it cannot answer for", () => {
    expect(() => known([valueRecord("www.example.com", "MX", 60, ["10 mail"])])).toThrow(
      /^the lab's Route 53 does not know this Record .*: ✖ Invalid option: expected one of "A"\|"AAAA"\|"CAA"\|"CNAME"\n {2}→ at type$/,
    );
    expect(() => known([valueRecord("*.example.com", "A", 60, ["192.0.2.1"])])).toThrow(
      /^the lab's Route 53 does not know this Record .*: ✖ the program declares no wildcard\n {2}→ at name$/,
    );
    expect(() => known([entity("aws:route53/healthCheck:HealthCheck", "id", { type: "CALCULATED" })])).toThrow(
      /^the lab's Route 53 does not know this HealthCheck \(id\): ✖ Invalid input: expected "HTTPS"\n {2}→ at type/,
    );
  });

  test("rejects a value of a CAA record that is none", () => {
    const wrong = known([ZONE, valueRecord("www.example.com", "CAA", 60, ["amazon.com"])]);
    expect(() => ask("www.example.com", "CAA", {}, {}, wrong)).toThrow(
      new Error('the value of a CAA record must be like 0 issue "amazon.com", got amazon.com'),
    );
  });
});

// Witness: AWS, "Hosted zones that have the same name": registrars delegate to the name servers of one.
test("of zones with one name that is asked which has records, whichever was there first", () => {
  const unused = entity("aws:route53/zone:Zone", "ZB", { zoneId: "ZB", name: "example.com" });
  for (const all of [
    [unused, ...FOOTPRINT],
    [...FOOTPRINT, unused],
  ]) {
    expect(ask("www.example.com", "A", {}, NEAR_SYDNEY, known(all)).data).toEqual(pop("ap-southeast-2"));
  }
});
