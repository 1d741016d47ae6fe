import { goDuration } from "../config/goDuration";
import type { Live } from "../sandbox/aws/live";
import { Refusal } from "../sandbox/aws/refusal";
import { plain, text, valuesAt, type Values } from "../sandbox/aws/values";
import type { Entity, World } from "../sandbox/aws/world";
import type { Cloud } from "./aws/cloud";
import type { Certificates } from "./certificates";
import { contentOf } from "./content";
import {
  forwardedTo,
  groupSettings,
  targetGroupSettings,
  templateName,
  templateNamed,
  TYPES,
  zonesOf,
} from "./declared";
import type { Happenings } from "./happenings";
import { LabLoadBalancer } from "./loadBalancer";
import type { Machines } from "./machines";
import { operatorCalls } from "./operatorCalls";
import { ScalingGroup, type Instance, type Template } from "./scalingGroup";
import { TargetGroup } from "./targetGroup";

export interface LivingAwsOptions {
  readonly cloud: Cloud;
  readonly certificates: Certificates;
  readonly machines: Machines;
  readonly happenings: Happenings;
  /** The first two numbers of the loopback addresses of load balancers. */
  readonly network: string;
  /** How many times faster than declared AWS's own waits are. */
  readonly pace: number;
}

/** Milliseconds between two looks whether a group has as many healthy nodes as its creation waits for. */
const LOOK_MS = 250;

/** What the program declares, alive: objects and parameters, load balancers, groups of machines. */
export class LivingAws implements Live {
  readonly groups = new Map<string, ScalingGroup>();
  readonly targetGroups = new Map<string, TargetGroup>();
  readonly loadBalancers = new Map<string, LabLoadBalancer>();
  /** Told when records or health checks may have changed. */
  onNames: () => void = () => undefined;
  /** Whether an alarm sounds, by its name. */
  sounds: (alarm: string) => boolean = () => false;
  private readonly templates = new Map<string, Template>();
  /** Certificate, chain and key (PEM) by the certificate's ARN. */
  private readonly certificates = new Map<string, string>();
  private readonly begun = new Date().toISOString();
  /** Bytes to clients, by instance. */
  private readonly sent = new Map<string, number>();
  private loadBalancersMade = 0;
  private givenUp = false;

  constructor(
    readonly world: World,
    private readonly options: LivingAwsOptions,
  ) {
    options.cloud.change = operatorCalls(this.groups, (name, desired) => {
      this.rememberDesired(name, desired);
    });
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      ...this.options.cloud.env,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    };
  }

  async changed(entity: Entity, inputs: Values): Promise<Refusal | undefined> {
    const { cloud } = this.options;
    if (entity.type.startsWith(TYPES.route53)) {
      this.onNames();
    }
    const { id, properties } = entity;
    const region = entity.region ?? "";
    switch (entity.type) {
      case TYPES.bucket:
        cloud.buckets.set(id, cloud.buckets.get(id) ?? new Map<string, Buffer>());
        return undefined;
      case TYPES.object:
        cloud.put(text(properties.bucket), text(properties.key), contentOf(inputs));
        return undefined;
      case TYPES.parameter: {
        const versions = cloud.parameters.get(`${region} ${id}`) ?? [];
        versions[Number(properties.version) - 1] = text(plain(inputs.value ?? ""));
        cloud.parameters.set(`${region} ${id}`, versions);
        return undefined;
      }
      case TYPES.subscription:
        cloud.subscriptions.push({
          region,
          topic: text(properties.topic).split(":").at(-1) ?? "",
          endpoint: text(properties.endpoint),
          confirmed: false,
        });
        return undefined;
      case TYPES.template: {
        const name = templateName(id, properties.latestVersion);
        const userData = Buffer.from(text(plain(inputs.userData ?? "")), "base64").toString();
        // The lab makes its image itself, when it begins.
        cloud.images.set(`${region} ${text(properties.imageId)}`, this.begun);
        const [publicAddress] = valuesAt(properties, "networkInterfaces[*].associatePublicIpAddress");
        cloud.launchTemplates.set(`${region} ${id} ${text(properties.latestVersion)}`, text(publicAddress) === "true");
        this.templates.set(name, { name, image: text(properties.imageId), userData });
        return undefined;
      }
      case TYPES.certificate:
        await this.issue(id, [
          text(properties.domainName),
          ...valuesAt(inputs, "subjectAlternativeNames[*]").map(text),
        ]);
        return undefined;
      case TYPES.targetGroup:
        this.targetGroup(entity);
        return undefined;
      case TYPES.loadBalancer:
        this.loadBalancer(entity);
        return undefined;
      case TYPES.listener:
        await this.listen(entity);
        return undefined;
      case TYPES.group:
        return this.group(entity);
      default:
        return undefined;
    }
  }

  async leaving({ type, id, region, properties }: Entity): Promise<void> {
    const { cloud } = this.options;
    if (type.startsWith(TYPES.route53)) {
      // It is still there.
      setImmediate(this.onNames);
    }
    switch (type) {
      case TYPES.bucket:
        cloud.buckets.delete(id);
        break;
      case TYPES.object:
        cloud.remove(text(properties.bucket), text(properties.key));
        break;
      case TYPES.parameter:
        cloud.parameters.delete(`${region ?? ""} ${id}`);
        break;
      case TYPES.targetGroup:
        this.targetGroups.get(id)?.stop();
        this.targetGroups.delete(id);
        break;
      case TYPES.listener:
        this.loadBalancers.get(text(properties.loadBalancerArn))?.close(Number(properties.port));
        break;
      case TYPES.loadBalancer:
        this.loadBalancers.get(id)?.stop();
        this.loadBalancers.delete(id);
        break;
      case TYPES.group:
        await this.groups.get(id)?.empty();
        this.groups.delete(id);
        cloud.groups.delete(id);
        break;
    }
  }

  /** Load balancers of a region. */
  doorsOf(region: string): readonly LabLoadBalancer[] {
    return this.world.inRegion(TYPES.loadBalancer, region).flatMap(({ id }) => this.loadBalancers.get(id) ?? []);
  }

  /** ARN of the load balancer that forwards to a target group. */
  loadBalancerOf(targetGroup: string): string | undefined {
    const listener = this.world
      .ofType(TYPES.listener)
      .find(({ properties }) => forwardedTo(properties) === targetGroup);
    return listener === undefined ? undefined : text(listener.properties.loadBalancerArn);
  }

  /** Bytes that a node has sent to clients. */
  sentBy(instance: string): number {
    return this.sent.get(instance) ?? 0;
  }

  /** Region of the load balancer that has an address; undefined where none has it. */
  regionOf(address: string): string | undefined {
    const owner = this.world
      .ofType(TYPES.loadBalancer)
      .find(({ id }) => this.loadBalancers.get(id)?.zones.some((zone) => zone.address === address));
    return owner?.region ?? undefined;
  }

  /** A load balancer as its DNS name shows it: addresses of zones with healthy targets, of all where none has any. */
  behindName(dnsName: string): { readonly healthy: boolean; readonly addresses: readonly string[] } | undefined {
    const entity = this.world.ofType(TYPES.loadBalancer).find(({ properties }) => properties.dnsName === dnsName);
    const loadBalancer = this.loadBalancers.get(entity?.id ?? "");
    if (loadBalancer === undefined) {
      return undefined;
    }
    const groups = this.world
      .ofType(TYPES.listener)
      .filter(({ properties }) => properties.loadBalancerArn === entity?.id)
      .flatMap(({ properties }) => this.targetGroups.get(forwardedTo(properties)) ?? []);
    // A zone is healthy when it is so for every target group.
    const zones = loadBalancer.zones.filter((zone) =>
      groups.every((group) => loadBalancer.healthyZones(group).includes(zone)),
    );
    const shown = zones.length > 0 ? zones : loadBalancer.zones;
    return { healthy: zones.length > 0 && groups.length > 0, addresses: shown.map(({ address }) => address) };
  }

  /** Gives a group another size, as its policies do. */
  resize(name: string, desired: number): void {
    this.groups.get(name)?.setDesired(desired);
    this.rememberDesired(name, desired);
  }

  /** Nobody is to wait for nodes any more: the lab ends. */
  giveUp(): void {
    this.givenUp = true;
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    this.targetGroups.forEach((group) => {
      group.stop();
    });
    this.loadBalancers.forEach((loadBalancer) => {
      loadBalancer.stop();
    });
    await Promise.all([...this.groups.values()].map((group) => group.stop()));
  }

  private async issue(arn: string, names: readonly string[]): Promise<void> {
    this.certificates.set(arn, await this.options.certificates.of(...new Set(names)));
  }

  private targetGroup(entity: Entity): void {
    const settings = targetGroupSettings(entity, this.options.pace);
    const known = this.targetGroups.get(entity.id);
    if (known !== undefined) {
      known.settings = settings;
      return;
    }
    const group = new TargetGroup(settings, ({ backend, state }) => {
      const kind = state === "healthy" ? "good" : state === "unhealthy" ? "bad" : "note";
      // Both groups of a load balancer ask the same port: one tells of it.
      if (state !== "initial" && this.isFirst(entity)) {
        this.options.happenings.add(kind, entity.region, `${backend.id} is ${state} in the load balancer`);
      }
      this.show();
    });
    this.targetGroups.set(entity.id, group);
  }

  private isFirst({ id, region }: Entity): boolean {
    return this.world.inRegion(TYPES.targetGroup, region)[0]?.id === id;
  }

  private loadBalancer({ id, properties }: Entity): void {
    if (this.loadBalancers.has(id)) {
      return;
    }
    const number = ++this.loadBalancersMade;
    const zones = zonesOf(this.world, valuesAt(properties, "subnets[*]").map(text));
    this.loadBalancers.set(
      id,
      new LabLoadBalancer({
        name: text(properties.name),
        zones: zones.map((zone, index) => ({
          zone,
          address: `${this.options.network}.${String(number)}.${String(index + 1)}`,
        })),
        crossZone: () => this.property(TYPES.loadBalancer, id, "enableCrossZoneLoadBalancing") === true,
        certificate: (name) => this.certificateFor(id, name),
        onSent: (instance, bytes) => this.sent.set(instance, this.sentBy(instance) + bytes),
      }),
    );
  }

  private async listen({ id, properties }: Entity): Promise<void> {
    const loadBalancer = this.loadBalancers.get(text(properties.loadBalancerArn));
    await loadBalancer?.listen({
      port: Number(properties.port),
      tls: properties.protocol === "TLS",
      group: () => {
        const listener = this.world.ofType(TYPES.listener).find((each) => each.id === id);
        return this.targetGroups.get(forwardedTo(listener?.properties ?? {}));
      },
    });
  }

  /** Of the certificates at the load balancer's listeners the one for the name, else the default one. */
  private certificateFor(loadBalancer: string, name: string | undefined): string {
    const listeners = this.world
      .ofType(TYPES.listener)
      .filter((each) => each.properties.loadBalancerArn === loadBalancer);
    const byName = this.world
      .ofType(TYPES.listenerCertificate)
      .filter(({ properties }) => listeners.some(({ id }) => id === properties.listenerArn))
      .map(({ properties }) => text(properties.certificateArn))
      .find((arn) => this.property(TYPES.certificate, arn, "domainName") === name);
    const [normal = ""] = listeners.flatMap(({ properties }) => text(properties.certificateArn) || []);
    return this.certificates.get(byName ?? normal) ?? "";
  }

  private property(type: string, id: string, name: string) {
    return this.world.ofType(type).find((each) => each.id === id)?.properties[name];
  }

  private async group(entity: Entity): Promise<Refusal | undefined> {
    const settings = groupSettings(this.world, entity, this.templates, this.options.pace);
    const desired = Number(entity.properties.desiredCapacity);
    const known = this.groups.get(entity.id);
    if (known === undefined) {
      this.groups.set(entity.id, new ScalingGroup(settings, desired, this.groupWorld(entity)));
      this.show();
      return this.capacity(entity, Number(entity.properties.minElbCapacity ?? 0));
    }
    const isNew = known.settings.template.name !== settings.template.name;
    const grows = desired > known.desired;
    known.configure(settings, desired);
    if (isNew) {
      known.refresh();
    }
    this.show();
    return grows ? this.capacity(entity, desired) : undefined;
  }

  /** Waits as the provider does (`waitForCapacityTimeout`) until so many are healthy in every target group. */
  private async capacity({ id, properties }: Entity, wanted: number): Promise<Refusal | undefined> {
    const end = Date.now() + (goDuration(text(properties.waitForCapacityTimeout)) ?? 0) * 1000;
    const healthy = () => this.groups.get(id)?.healthy.length ?? 0;
    while (healthy() < wanted && Date.now() < end && !this.givenUp) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return healthy() >= wanted
      ? undefined
      : new Refusal(
          "timeout",
          `waiting for Auto Scaling Group (${id}) capacity satisfied: want at least ${String(wanted)} healthy instance(s) in target groups, have ${String(healthy())}`,
        );
  }

  private groupWorld({ id: name, region }: Entity) {
    const { cloud, machines, happenings } = this.options;
    const groups = (): readonly TargetGroup[] =>
      valuesAt(this.world.ofType(TYPES.group).find(({ id }) => id === name)?.properties ?? {}, "targetGroupArns[*]")
        .map(text)
        .flatMap((arn) => this.targetGroups.get(arn) ?? []);
    const states = ({ id }: Instance) => groups().map((group) => group.stateOf(id));
    return {
      makeMachine: ({ id, zone }: Pick<Instance, "id" | "zone">, image: string) =>
        machines.make({ instance: id, zone, region: region ?? "", group: name, image }),
      register: ({ id, zone, machine }: Instance) => {
        groups().forEach((group) => {
          if (machine !== undefined) {
            group.register({ id, zone, connect: machine.connect });
          }
        });
        happenings.add("note", region, `${id} is in service and goes behind the load balancer`);
      },
      deregister: async ({ id }: Instance) => {
        await Promise.all(groups().map((group) => group.deregister(id)));
      },
      forget: ({ id }: Instance) => {
        groups().forEach((group) => {
          group.remove(id);
        });
        this.sent.delete(id);
        this.show();
      },
      isHealthy: (instance: Instance) => states(instance).every((state) => state === "healthy"),
      isUnhealthy: (instance: Instance) => states(instance).includes("unhealthy"),
      waitFor: ({ id }: Instance, hook: string, waits: boolean) => {
        cloud.waiting[waits ? "add" : "delete"](`${id} ${hook}`);
      },
      changed: () => {
        this.show();
      },
      sounds: (alarm: string) => this.sounds(alarm),
      say: (kind: "good" | "bad" | "note", what: string) => {
        happenings.add(kind, region, what);
      },
    };
  }

  /** What AWS's API tells of groups and targets. */
  private show(): void {
    const { cloud } = this.options;
    for (const [name, group] of this.groups) {
      const { min, max } = group.settings;
      const entity = this.world.ofType(TYPES.group).find(({ id }) => id === name);
      const targetGroups = valuesAt(entity?.properties ?? {}, "targetGroupArns[*]").map(text);
      const healthy = new Set(group.healthy);
      cloud.groups.set(name, {
        ...{ name, min, max, targetGroups, desired: group.desired, refreshes: group.refreshes },
        instances: group.instances.map((each) => ({
          ...{ id: each.id, zone: each.zone, state: each.state, template: templateNamed(each.template) },
          healthy: each.state !== "InService" || healthy.has(each),
        })),
      });
    }
    for (const [arn, group] of this.targetGroups) {
      cloud.targets.set(
        arn,
        group.targets.map(({ backend, state }) => ({ id: backend.id, port: group.settings.port, state })),
      );
    }
  }

  /** A size that somebody else than the program has set is what a refresh of the engine finds. */
  private rememberDesired(name: string, desiredCapacity: number): void {
    for (const entity of this.world.ofType(TYPES.group).filter(({ id }) => id === name)) {
      this.world.put({ ...entity, properties: { ...entity.properties, desiredCapacity } });
    }
    this.show();
  }
}
