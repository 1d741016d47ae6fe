import * as fs from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import type { FootprintConfig } from "../config/model";
import { configOfStack } from "../config/ofStack";
import { REGIONS } from "../config/regions";
import { stackPath, STACKS_FOLDER } from "../config/stacks";
import { authority } from "../edge/authority";
import { PrivateRoot } from "../edge/privateRoot";
import type { Cli } from "../pulumi/cli";
import { text } from "../sandbox/aws/values";
import { Sandbox } from "../sandbox/sandbox";
import { cacheHome } from "../terminal/cacheHome";
import { Cloud } from "./aws/cloud";
import { Certificates } from "./certificates";
import { CloudWatch } from "./cloudwatch/cloudWatch";
import { TYPES } from "./declared";
import { Happenings } from "./happenings";
import { Internet } from "./internet";
import { popAddress } from "./labNode";
import { LivingAws } from "./livingAws";
import { Machines } from "./machines";
import { ownNetwork } from "./network";
import { LabOrigin } from "./origin";
import { ownFolder } from "./ownFolder";
import { popFront } from "./popFront";
import { Power } from "./power";
import { takePrecedence } from "./precedence";
import { tlsFront } from "./tlsFront";

export interface LabOptions {
  readonly cli: Cli;
  readonly stack: string;
  /** Folder of the lab's Debian. */
  readonly image: string;
  /** Where sites come from; default: the lab's own origin. */
  readonly origin?: string | undefined;
  /** Folder of the stack files; default: the repository's. */
  readonly stacks?: string;
  /** Where engine and stand-in keep what they know; default: in the cache folder. It is emptied. */
  readonly folder?: string;
  /**
   * How many times faster than declared AWS's own waits are: warm-up, grace period, deregistration delay, and the minutes of
   * its metrics, alarms and policies. A divisor of 60; default 1. What nodes, DNS, health checks and people take is as it is.
   */
  readonly pace?: number;
  /** Edits of the stack files before anything is deployed: of a copy in the folder, which is the lab's own. */
  readonly ownStackFile?: (text: string) => string;
}

/** A footprint on this machine: what the real engine deploys to the stand-in for AWS lives. */
export class Lab {
  readonly power: Power;
  private readonly ends = new AbortController();
  private ending: Promise<void> | undefined;
  private deploying: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly options: LabOptions,
    readonly sandbox: Sandbox,
    readonly cloud: Cloud,
    readonly aws: LivingAws,
    readonly machines: Machines,
    readonly origin: LabOrigin,
    readonly happenings: Happenings,
    readonly internet: Internet,
    /** First two numbers of its loopback addresses. */
    readonly network: string,
    /** File of the certificate (PEM) that clients have to trust. */
    readonly authorityFile: string,
    private readonly stops: readonly (() => unknown)[],
  ) {
    this.power = new Power(aws);
  }

  static defaultFolder(): string {
    return join(cacheHome(), "lab");
  }

  /**
   * Readies everything; nothing is deployed yet.
   *
   * @throws UserError where another lab has the folder
   */
  static async open(options: LabOptions): Promise<Lab> {
    const { cli, image, folder = Lab.defaultFolder(), ownStackFile, pace = 1 } = options;
    const stops: (() => unknown)[] = [];
    try {
      stops.push(await ownFolder(folder), takePrecedence());
      const network = await ownNetwork();
      stops.push(network.release);
      fs.rmSync(folder, { recursive: true, force: true });
      const stacks = ownStackFile === undefined ? options.stacks : copied(options, folder, ownStackFile);
      const tools = await PrivateRoot.start(image);
      stops.push(() => tools.stop());
      const certificates = new Certificates(tools, await authority(tools));
      const origin = await LabOrigin.start(options.origin);
      stops.push(() => {
        origin.stop();
      });
      const cloud = await Cloud.start();
      stops.push(() => cloud.stop());
      const fronts = [];
      for (const port of [Number(new URL(cloud.url).port), origin.port]) {
        const front = await tlsFront(certificates, port);
        stops.push(front.stop);
        fronts.push(front.port);
      }
      const [awsTls = 0, originTls = 0] = fronts;
      let aws: LivingAws | undefined;
      const codes = new Map([...REGIONS.values()].map(({ code, slot }) => [popAddress(slot), code]));
      const pops = await popFront((address) => {
        const [zone] = aws?.doorsOf(codes.get(address) ?? "").flatMap(({ zones }) => zones) ?? [];
        return zone === undefined ? undefined : connect(443, zone.address);
      });
      stops.push(pops.stop);
      const happenings = new Happenings();
      // Who edits the file while a node starts must not keep it from starting: what it said last holds.
      let config = configOfStack(options.stack, stacks);
      const lastConfig = (): FootprintConfig => {
        try {
          config = configOfStack(options.stack, stacks);
        } catch (error) {
          happenings.add(
            "bad",
            null,
            `the stack file is not understood: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
        return config;
      };
      const machines = new Machines({
        ...{ cloud, image, trust: certificates.authority.certificate },
        ports: { aws: awsTls, origin: origin.port, originTls, pops: pops.port },
        config: lastConfig,
      });
      stops.push(() => machines.stop());
      const sandbox = await Sandbox.open({
        ...{ cli, folder, isFleeting: true },
        ...(stacks === undefined ? {} : { stacks }),
        enliven: (world) => {
          aws = new LivingAws(world, {
            ...{ cloud, certificates, machines, happenings, network: network.prefix, pace },
          });
          return aws;
        },
      });
      stops.push(() => {
        sandbox.close();
      });
      if (aws === undefined) {
        throw new Error("the stand-in is not enlivened");
      }
      const living: LivingAws = aws;
      stops.push(() => living.stop());
      const cloudWatch = new CloudWatch({ cloud, aws: living, happenings, pace });
      living.sounds = (alarm) => cloudWatch.sounds(alarm);
      stops.push(() => {
        cloudWatch.stop();
      });
      const internet = await Internet.start({
        ...{ network: network.prefix, root: image, authority: certificates.authority.certificate },
        loadBalancer: (dnsName) => living.behindName(dnsName),
        regionOf: (address) => living.regionOf(address),
        onChange: ({ check, healthy, detail }) => {
          const [region = null] = check.fqdn.split(".");
          const what = `Route 53 calls ${check.fqdn} ${healthy ? "healthy" : "unhealthy"}: ${detail}`;
          happenings.add(healthy ? "good" : "bad", region, what);
        },
      });
      stops.push(() => internet.stop());
      living.onNames = () => {
        try {
          internet.update(living.world.entities());
        } catch (error) {
          happenings.add("bad", null, String(error));
        }
      };
      return new Lab(
        stacks === undefined ? options : { ...options, stacks },
        sandbox,
        cloud,
        living,
        machines,
        origin,
        happenings,
        internet,
        network.prefix,
        certificates.authority.file,
        stops,
      );
    } catch (error) {
      await ended(stops);
      throw error;
    }
  }

  /** Aborted when the lab ends. */
  get ended(): AbortSignal {
    return this.ends.signal;
  }

  /** What makes the operators' commands, and `footprint sandbox`, mean this lab. */
  get variables(): Readonly<Record<string, string>> {
    return this.sandbox.variables;
  }

  /** Name of a region's store; empty while there is none. */
  storeOf(region: string): string {
    const objects = this.aws.world.inRegion(TYPES.object, region);
    const pointer = objects.find(({ properties }) => properties.key === STORE_KEYS.pointer);
    return text(pointer?.properties.bucket);
  }

  /** The stack's configuration as its file is now. @throws ConfigError for one with mistakes */
  get config(): FootprintConfig {
    return configOfStack(this.options.stack, this.options.stacks);
  }

  /** Whether each PoP of the stack file takes clients, by region; nothing of a file with mistakes. */
  get popStates(): Readonly<Record<string, "active" | "drained">> {
    try {
      return Object.fromEntries(this.config.pops.map(({ region, state }) => [region, state]));
    } catch {
      return {};
    }
  }

  /** Deploys the stack as its file is now. @param run how the CLI is run: on the terminal, or not @returns its status */
  async up(run: (args: readonly string[]) => Promise<number>): Promise<number> {
    await this.sandbox.select(this.options.stack);
    // Guards refuse in the preview, and there is nothing yet that they could guard.
    const isFirst = this.aws.groups.size === 0;
    return run(["up", "--yes", ...(isFirst ? ["--skip-preview"] : [])]);
  }

  /** Does something with the stack file and its deployment when nobody else does. */
  alone<T>(what: () => Promise<T>): Promise<T> {
    const done = this.deploying.then(what);
    this.deploying = done.catch(() => undefined);
    return done;
  }

  /** Ends everything at once: nothing of it is left but what the cache folder keeps. It may be called again. */
  stop(): Promise<void> {
    this.ends.abort();
    this.ending ??= ended(this.stops);
    return this.ending;
  }
}

/** The stack files in a folder of the lab's own. */
function copied({ stack, stacks = STACKS_FOLDER }: LabOptions, folder: string, edit: (text: string) => string): string {
  const own = join(folder, "stacks");
  fs.cpSync(stacks, own, { recursive: true });
  const file = stackPath(stack, own);
  fs.writeFileSync(file, edit(fs.readFileSync(file, "utf8")));
  return own;
}

/** Last comes first. */
async function ended(stops: readonly (() => unknown)[]): Promise<void> {
  for (const stop of [...stops].reverse()) {
    await stop();
  }
}
