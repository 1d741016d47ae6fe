import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { takingOver } from "./hostedName";
import { StepGuard } from "./stepGuard";

export interface HostedZonesArgs {
  /** Public hosted zones, by name. */
  zones: HostedZone[];
  /** Names that get a CAA record. */
  caa: CaaName[];
  /** Refuse to delete zones that were made here, and to leave others that have answers. */
  protection: boolean;
}

export interface HostedZone {
  name: string;
  /** Id of a zone that exists. Default: the zone is made. */
  id?: string;
  /** Names in it have answers of the footprint: all of these would leave it at once. */
  answers: boolean;
  /** Let the zone go, and take records over that are there already. Default: false. */
  handOver?: boolean;
}

export interface CaaName {
  host: string;
  /** Name of the zone that it is in: one of those that are listed. */
  zone: string;
}

/** Who issues ACM's certificates, by the names that AWS asks to be allowed. */
export const ISSUERS: readonly string[] = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];

/**
 * The footprint's hosted zones, and the CAA records that let Amazon, and nobody else, issue certificates for its names.
 *
 * ```ts
 * const zones = new HostedZones("edge-zones", {
 *   zones: [{ name: "example.com", id: "Z0123456789ABCDEFGHIJ", answers: true }],
 *   caa: [{ host: "cdn.example.com", zone: "example.com" }],
 *   protection: true,
 * });
 * ```
 *
 * A CAA record governs every name below it, so they stand at the names that the footprint serves, not at an apex. They
 * come before any certificate is asked for, since the one at an apex might forbid it. Creates the zones without an id,
 * a record per CAA name, and a guard per zone with an id: all records would leave a zone whose id changes. A hosted zone
 * costs $0.50 a month (list price).
 */
export class HostedZones extends pulumi.ComponentResource {
  /** Id of each zone, by its name. */
  readonly ids: Record<string, pulumi.Output<string>>;
  /** Name servers of the zones that were made here: delegate to them at the parent zone. */
  readonly nameServers: Record<string, pulumi.Output<string[]>>;
  /** URN of the CAA record of each name that got one: who waits for it waits for the record. */
  readonly caaRecords: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: HostedZonesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("footprint:hostedZones:HostedZones", name, {}, opts);

    const ids: Record<string, pulumi.Output<string>> = {};
    const nameServers: Record<string, pulumi.Output<string[]>> = {};
    for (const zone of args.zones) {
      if (zone.id === undefined) {
        const made = new aws.route53.Zone(
          `${name}-${zone.name}`,
          // Accelerated recovery: changes stay possible when the control plane's home region is lost.
          // Certificates' validation records stay when their PoP goes, and a zone that holds any cannot be deleted:
          // only a teardown, which begins with `protection: false`, takes them with the zone.
          { name: zone.name, enableAcceleratedRecovery: true, forceDestroy: !args.protection },
          // Dropped from a stack that is protected, or handed over, it is given back, with everybody's records in it.
          {
            parent: this,
            protect: args.protection && zone.handOver !== true,
            retainOnDelete: args.protection || zone.handOver === true,
          },
        );
        ids[zone.name] = made.zoneId;
        nameServers[zone.name] = made.nameServers;
        // Outputs are shown at the end, and certificates wait for the delegation until then.
        void made.nameServers.apply((servers) =>
          pulumi.log.info(
            `${zone.name} must be delegated to ${servers.join(", ")}: certificates wait up to 75 minutes for it`,
            made,
          ),
        );
      } else {
        const protection = args.protection && zone.answers && zone.handOver !== true;
        new StepGuard(`${zone.name}-handOver`, zone.id, { protection }, { parent: this });
        ids[zone.name] = pulumi.output(zone.id);
      }
    }

    const caaRecord = ({ host, zone }: CaaName): pulumi.Output<string> => {
      const zoneId = ids[zone];
      if (zoneId === undefined) {
        throw new pulumi.ResourceError(`caa: "${host}" is in zone "${zone}", which is not listed`, this, true);
      }
      return new aws.route53.Record(
        `${name}-${host}-caa`,
        {
          zoneId,
          name: host,
          type: "CAA",
          ttl: 3600,
          records: ISSUERS.flatMap((issuer) => [`0 issue "${issuer}"`, `0 issuewild "${issuer}"`]),
          ...takingOver(args.zones.find((each) => each.name === zone)?.handOver),
        },
        { parent: this },
      ).urn;
    };

    this.caaRecords = Object.fromEntries(args.caa.map((each) => [each.host, caaRecord(each)]));
    this.ids = ids;
    this.nameServers = nameServers;
    this.registerOutputs({ ids, nameServers });
  }
}
