import { citiesIn, figuresByAddress, nameServerAddress, publicResolverAddress } from "../../../infra/lab/cities/cities";
import { SHIPPED_LATENCY } from "../../../infra/plan/latency/table";
import { some } from "../../support/some";

const NETWORK = "127.80";
const cities = citiesIn(NETWORK, SHIPPED_LATENCY);

describe("the lab's cities", () => {
  test("are places of the plan's table, a dozen and some, each with addresses and a part of the network of its own", () => {
    expect(cities.length).toBeGreaterThanOrEqual(12);
    const parts = cities.map(({ address }) => address.replace(/\.1$/, ""));
    expect(new Set(parts).size).toBe(cities.length);
    for (const city of some(cities)) {
      const place = SHIPPED_LATENCY.places.find(({ name }) => name === city.name);
      expect({ ...city, address: undefined, resolver: undefined }).toEqual({
        ...place,
        address: undefined,
        resolver: undefined,
      });
      expect(city.address).toMatch(/^127\.80\.1\d\d\.1$/);
    }
  });

  test("ask a resolver in the city, some of them the public one", () => {
    const [own, shared] = [cities.find(({ name }) => name === "London"), cities.find(({ name }) => name === "Lagos")];
    expect(own?.resolver).toBe(own?.address.replace(/\.1$/, ".53"));
    expect(shared?.resolver).toBe(publicResolverAddress(NETWORK));
  });

  test("are known by the addresses of their people and of their resolvers; nobody else is", () => {
    const figures = figuresByAddress(cities);
    for (const { address, resolver, ms } of some(cities)) {
      expect(figures(address)).toEqual(ms);
      expect(figures(resolver)).toEqual(resolver === publicResolverAddress(NETWORK) ? {} : ms);
    }
    expect(figures(nameServerAddress(NETWORK))).toEqual({});
    expect(figures("127.0.0.1")).toEqual({});
    expect(figures("2001:db8::1")).toEqual({});
  });

  test("rejects a name that the table does not have", () => {
    expect(() => citiesIn(NETWORK, SHIPPED_LATENCY, ["Atlantis"])).toThrow(
      new Error("the latency table has no city Atlantis"),
    );
  });
});
