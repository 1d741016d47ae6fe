import type { LiveCity, LiveLink } from "../page/live/state";
import { SHIPPED_LATENCY } from "../plan/latency/table";
import type { Entity } from "../sandbox/aws/world";
import { Client, type Asked, type AskOptions, type Requests } from "./cities/ask";
import { citiesIn, figuresByAddress, nameServerAddress, publicResolverAddress, type City } from "./cities/cities";
import { Resolvers } from "./cities/resolvers";
import { Watch } from "./cities/watch";
import type { StatusChange } from "./health/checkers";
import type { LoadBalancer } from "./names/answer";
import { Route53 } from "./names/route53";

export interface InternetOptions {
  /** First two numbers of the addresses that the lab has for itself. */
  readonly network: string;
  /** Folder of a Debian that has unbound. */
  readonly root: string;
  /** By DNS name. */
  readonly loadBalancer: (dnsName: string) => LoadBalancer | undefined;
  /** Region of the load balancer that has an address. */
  readonly regionOf: (address: string) => string | undefined;
  /** Certificate (PEM) of the authority that people trust. */
  readonly authority: string;
  /** A health check has turned. */
  readonly onChange: (change: StatusChange) => void;
}

/** What is between people and load balancers: Route 53, resolvers, distance; and the people, who ask. */
export class Internet {
  private readonly client: Client;
  private readonly lastOf = new Map<string, Asked>();
  /** What a way has more than its figure, ms, by "city region"; null: cut. */
  private readonly ways = new Map<string, number | null>();

  private constructor(
    readonly route53: Route53,
    private readonly resolvers: Resolvers,
    readonly cities: readonly City[],
    { regionOf, authority }: InternetOptions,
  ) {
    const roundTrip = ({ name, ms }: City, region: string): number | null => {
      const more = this.ways.get(`${name} ${region}`) ?? 0;
      return this.ways.get(`${name} ${region}`) === null ? null : (ms[region] ?? 0) + more;
    };
    this.client = new Client({ regionOf, authority, roundTrip });
  }

  /** Nobody is told of a name until `update`. */
  static async start(options: InternetOptions): Promise<Internet> {
    const { network, root, loadBalancer, onChange } = options;
    const cities = citiesIn(network, SHIPPED_LATENCY);
    const endpoint = { address: nameServerAddress(network), port: 53 };
    const route53 = await Route53.start({ endpoint, figures: figuresByAddress(cities), loadBalancer, onChange });
    try {
      const addresses = [...new Set(cities.map(({ resolver }) => resolver))];
      const resolvers = await Resolvers.start(
        root,
        endpoint,
        addresses.map((address) => ({
          endpoint: { address, port: 53 },
          clientSubnet: address === publicResolverAddress(network),
        })),
      );
      return new Internet(route53, resolvers, cities, options);
    } catch (error) {
      await route53.stop();
      throw error;
    }
  }

  /** Takes what is declared now. @throws Error for what the lab's Route 53 does not know */
  update(entities: readonly Entity[]): void {
    this.route53.update(entities);
  }

  /** One request of a city. */
  async ask(city: City, request: AskOptions): Promise<Asked> {
    return this.remembered(await this.client.ask(city, request));
  }

  /** Requests of a city over one connection. */
  async visit(city: City, host: string, requests: Requests): Promise<readonly Asked[]> {
    return (await this.client.visit(city, host, requests)).map((asked) => this.remembered(asked));
  }

  /** Lets every city ask for a site's first page, every so many seconds, until it is stopped. */
  everybodyAsks(host: string, every: number): Watch {
    const url = new URL(`https://${host}/`);
    const people = new Map(this.cities.map((city) => [city.name, city]));
    const ask = async (name: string): Promise<Asked> => {
      const city = people.get(name);
      if (city === undefined) {
        throw new Error(`there is no city ${name}`);
      }
      return this.ask(city, { url });
    };
    return new Watch({ cities: [...people.keys()], ask, every });
  }

  /** Makes a way longer by so many ms, or cuts it with null; 0 is as it was. */
  setWay(city: string, region: string, more: number | null): void {
    if (more === 0) {
      this.ways.delete(`${city} ${region}`);
    } else {
      this.ways.set(`${city} ${region}`, more);
    }
  }

  get liveCities(): readonly LiveCity[] {
    return this.cities.map(({ name, country, lat, lon }) => {
      const asked = this.lastOf.get(name);
      return {
        ...{ name, country, lat, lon },
        answeredBy: asked?.failure === null ? asked.region : null,
        ms: asked?.times?.answer ?? null,
        last: asked === undefined ? null : asked.failure === null ? (asked.cache ?? "miss") : "failed",
      };
    });
  }

  get liveLinks(): readonly LiveLink[] {
    return this.cities.flatMap(({ name, ms }) =>
      Object.keys(ms).flatMap((region) => {
        const added = this.ways.get(`${name} ${region}`);
        return added === undefined ? [] : [{ from: name, to: region, added }];
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([this.route53.stop(), this.resolvers.stop()]);
  }

  private remembered(asked: Asked): Asked {
    this.lastOf.set(asked.city, asked);
    return asked;
  }
}
