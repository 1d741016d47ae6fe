import type { Figures } from "../names/choose";
import { SHOWN_CITIES } from "../../plan/latency/shownCities";
import type { LatencyTable, MeasuredPlace } from "../../plan/latency/table";

/** Where clients of the lab ask from. */
export interface City extends MeasuredPlace {
  /** Address of its people. */
  readonly address: string;
  /** Address of the resolver that they ask: their provider's in the city, or the public one. */
  readonly resolver: string;
}

/** People here ask a public resolver that is in no city and tells a part of their address (RFC 7871). */
const ASK_PUBLIC: readonly string[] = ["Cairo", "Lagos", "Mexico", "Warsaw"];

/** Third number of the first city's addresses: those below are load balancers'. */
const FIRST_CITY = 100;
/** In a city's part of the network the resolver has this last number, the people have 1. */
const RESOLVER = 53;

/**
 * Address of the name server of the footprint's zones.
 *
 * @param network first two numbers of the addresses that a lab has for itself, such as 127.66
 */
export function nameServerAddress(network: string): string {
  return `${network}.0.53`;
}

export function publicResolverAddress(network: string): string {
  return `${network}.${FIRST_CITY - 1}.${RESOLVER}`;
}

/**
 * Cities with their figures and addresses, one /24 each.
 *
 * @throws Error for a name that the table does not have
 */
export function citiesIn(network: string, { places }: LatencyTable, names: readonly string[] = SHOWN_CITIES): City[] {
  return names.map((name, index) => {
    const place = places.find((each) => each.name === name);
    if (place === undefined) {
      throw new Error(`the latency table has no city ${name}`);
    }
    const own = `${network}.${FIRST_CITY + index}`;
    const resolver = ASK_PUBLIC.includes(name) ? publicResolverAddress(network) : `${own}.${RESOLVER}`;
    return { ...place, address: `${own}.1`, resolver };
  });
}

/** What is known of who has an address: the figures of the city that the address is in, else nothing. */
export function figuresByAddress(cities: readonly City[]): (address: string) => Figures {
  const part = (address: string): string => address.slice(0, address.lastIndexOf("."));
  const byPart = new Map(cities.map(({ address, ms }) => [part(address), ms]));
  return (address) => byPart.get(part(address)) ?? {};
}
