import { Checkers, type StatusChange } from "../health/checkers";
import type { Entity } from "../../sandbox/aws/world";
import { answerTo, type Known, type LoadBalancer } from "./answer";
import type { Figures } from "./choose";
import { declared, type Declared } from "./declared";
import { NameServer, type Endpoint } from "./server";

export interface Route53Options {
  readonly endpoint: Endpoint;
  /** Round-trip times from where an address is, ms by region. */
  readonly figures: (address: string) => Figures;
  /** By DNS name; undefined for one that is not there. */
  readonly loadBalancer: (dnsName: string) => LoadBalancer | undefined;
  /** A health check has turned. */
  readonly onChange: (change: StatusChange) => void;
}

/** What stands for Route 53: the declared zones by DNS, and the declared health checks, made. */
export class Route53 {
  private constructor(
    private readonly server: NameServer,
    private readonly checkers: Checkers,
    private readonly known: { -readonly [K in keyof Known]: Known[K] },
  ) {}

  /** It knows nothing until `update`. */
  static async start({ endpoint, figures, loadBalancer, onChange }: Route53Options): Promise<Route53> {
    const addresses = (fqdn: string): string[] =>
      answerTo({ name: fqdn, type: "A" }, {}, known).answers.flatMap((each) => (each.type === "A" ? each.data : []));
    const checkers = new Checkers({ addresses, onChange });
    const known = {
      declared: { zones: [], records: [], healthChecks: [] } as Declared,
      loadBalancer,
      check: (id: string) => checkers.isHealthy(id),
    };
    const server = await NameServer.start(endpoint, (question, client) => answerTo(question, figures(client), known));
    return new Route53(server, checkers, known);
  }

  get endpoint(): Endpoint {
    return this.server.endpoint;
  }

  /** Takes what is declared now. @throws Error for what the lab does not know, and then keeps what it had */
  update(entities: readonly Entity[]): void {
    this.known.declared = declared(entities);
    this.checkers.update(this.known.declared.healthChecks);
  }

  /** Whether the health checks by a PoP's own name, which begins with its region, succeed; so they do where there is none. */
  isHealthy(region: string): boolean {
    return this.known.declared.healthChecks.every(
      ({ fqdn, id }) => !fqdn.startsWith(`${region}.`) || this.checkers.isHealthy(id),
    );
  }

  /** Requests that were made to find out whether a PoP is healthy. */
  checksOf(region: string): number {
    return this.known.declared.healthChecks
      .filter(({ fqdn }) => fqdn.startsWith(`${region}.`))
      .reduce((sum, { id }) => sum + this.checkers.made(id), 0);
  }

  async stop(): Promise<void> {
    this.checkers.stop();
    await this.server.stop();
  }
}
