import { Resolver } from "node:dns/promises";
import { debianRootFolder } from "../../../infra/edge/debianRoot";
import { PrivateRoot } from "../../../infra/edge/privateRoot";
import {
  citiesIn,
  figuresByAddress,
  nameServerAddress,
  publicResolverAddress,
  type City,
} from "../../../infra/lab/cities/cities";
import { Resolvers } from "../../../infra/lab/cities/resolvers";
import { LAB_ROOT } from "../../../infra/lab/image";
import { answerTo, type Question } from "../../../infra/lab/names/answer";
import { NameServer } from "../../../infra/lab/names/server";
import { answer } from "../../../infra/plan/latency/answers";
import { SHIPPED_LATENCY } from "../../../infra/plan/latency/table";
import { ADDRESSES, known, latencyRecord, POPS, valueRecord, ZONE, type Sick } from "../../lab/names/footprint";
import { describeWith } from "../../support/requirements";
import { some } from "../../support/some";
import { LAB } from "../debianRoot";

// Witnesses: unbound, dig of BIND 9, and Node's resolver, which is c-ares.

/** Loopback networks of runs side by side do not meet. */
const NETWORK = `127.${128 + (process.pid % 120)}`;
const KEPT = "kept.example.com";
const FOOTPRINT = [
  ZONE,
  ...POPS.flatMap((region) => [latencyRecord(region), latencyRecord(region, "A", KEPT)]),
  valueRecord("brief.example.com", "A", 1, ["192.0.2.9"]),
];

describeWith([LAB], "the resolvers of the lab's cities", () => {
  const cities = citiesIn(NETWORK, SHIPPED_LATENCY);
  const figures = figuresByAddress(cities);
  const asked: [string, string][] = [];
  let sick: Sick = {};
  let server: NameServer;
  let resolvers: Resolvers;

  beforeAll(async () => {
    const answering = (question: Question, client: string) => {
      asked.push([question.name, client]);
      return answerTo(question, figures(client), known(FOOTPRINT, sick));
    };
    server = await NameServer.start({ address: nameServerAddress(NETWORK), port: 53 }, answering);
    const shared = publicResolverAddress(NETWORK);
    const own = cities.map(({ resolver }) => resolver).filter((address) => address !== shared);
    resolvers = await Resolvers.start(debianRootFolder(LAB_ROOT), server.endpoint, [
      ...own.map((address) => ({ endpoint: { address, port: 53 }, clientSubnet: false })),
      { endpoint: { address: shared, port: 53 }, clientSubnet: true },
    ]);
  });

  afterAll(async () => {
    await resolvers.stop();
    await server.stop();
  });

  beforeEach(() => {
    asked.length = 0;
    sick = {};
  });

  const resolve = ({ resolver, address }: City, name: string) => {
    const own = new Resolver({ timeout: 60_000, tries: 1 });
    own.setServers([resolver]);
    own.setLocalAddress(address);
    return own.resolve4(name, { ttl: true });
  };
  const city = (name: string): City => cities.find((each) => each.name === name)!;
  const askedFor = (name: string) => asked.filter(([each]) => each === name).map(([, client]) => client);

  test("give each city the PoP that the plan names, by the resolver's place or the part of an address that it tells", async () => {
    for (const each of some(cities)) {
      const given = await resolve(each, "www.example.com");
      const nearest = answer(each, POPS)?.pop ?? "";
      const wanted = ADDRESSES[nearest]?.filter((address) => !address.includes(":"));
      expect([each.name, given.map(({ address }) => address).sort()]).toEqual([each.name, wanted]);
    }
    // From the public resolver comes the network of the city's people, and nothing of who they are.
    expect(askedFor("www.example.com")).toContain(city("Lagos").address.replace(/\.1$/, ".0"));
    expect(askedFor("www.example.com")).toContain(city("London").resolver);
  });

  test("keep an answer while its TTL lasts, whatever fails meanwhile, and ask again when it is over", async () => {
    const [first] = await resolve(city("London"), "brief.example.com");
    const before = askedFor("brief.example.com").length;
    expect([first?.address, before]).toEqual(["192.0.2.9", 1]);
    while (askedFor("brief.example.com").length === before) {
      await resolve(city("London"), "brief.example.com");
    }

    const kept = await resolve(city("Frankfurt"), KEPT);
    sick = { checks: ["eu-central-1"] };
    const [again] = await resolve(city("Frankfurt"), KEPT);
    expect(kept.map(({ address }) => address)).toContain(again?.address);
    expect(again?.ttl).toBeLessThanOrEqual(60);
    expect(askedFor(KEPT)).toEqual([city("Frankfurt").resolver]);
    // Who has not asked before is told at once.
    expect((await resolve(city("Stockholm"), KEPT)).map(({ address }) => address)).not.toContain(again?.address);
  });

  test("are told by the name server what dig reads, too", async () => {
    const root = await PrivateRoot.start(debianRootFolder(LAB_ROOT));
    try {
      const dig = async (...args: string[]) => (await root.exec("dig", `@${server.endpoint.address}`, ...args)).stdout;
      const subnet = city("Sydney").address.replace(/\.1$/, ".0/24");
      const said = await dig("www.example.com", `+subnet=${subnet}`);
      expect(said).toContain("status: NOERROR");
      expect(said).toMatch(/flags: qr aa rd;/);
      expect(said).toContain(`; CLIENT-SUBNET: ${subnet}/24`);
      expect(said).toMatch(/^www\.example\.com\.\s+60\s+IN\s+A\s+192\.0\.2\.1$/m);
      expect(await dig("nothing.example.com")).toMatch(
        /status: NXDOMAIN[^]*^example\.com\.\s+900\s+IN\s+SOA\s+ns-2048\.awsdns-64\.com\. awsdns-hostmaster\.amazon\.com\. 1 7200 900 1209600 86400$/m,
      );
      expect(await dig("www.example.com", "+edns=1", "+noednsnegotiation")).toContain("status: BADVERS");
      expect(await dig("www.example.com", "+tcp", "+short")).toMatch(/^(?:\d+\.\d+\.\d+\.\d+\n){2}$/);
    } finally {
      await root.stop();
    }
  });
});
