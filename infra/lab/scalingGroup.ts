import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { LIFECYCLE_HOOKS } from "../../components/node/protocol/lifecycle";

/** A lifecycle hook as the program declares it. */
export interface Hook {
  readonly name: string;
  /** Seconds. */
  readonly heartbeat: number;
  readonly defaultResult: "ABANDON" | "CONTINUE";
}

export interface Template {
  /** Id and version. */
  readonly name: string;
  readonly image: string;
  readonly userData: string;
}

export interface GroupSettings {
  readonly name: string;
  readonly region: string;
  readonly min: number;
  readonly max: number;
  readonly zones: readonly string[];
  readonly template: Template;
  readonly hooks: Readonly<Partial<Record<keyof typeof LIFECYCLE_HOOKS, Hook>>>;
  /** Seconds after it came into service in which an instance is not replaced for its health. */
  readonly gracePeriod: number;
  /** Seconds until a new instance counts. */
  readonly warmup: number;
  readonly minHealthyPercentage: number;
  readonly maxHealthyPercentage: number;
  /** Alarms that stop an instance refresh. */
  readonly stopAlarms: readonly string[];
}

/** What runs an instance. */
export interface LivingMachine {
  readonly connect: (port: number) => Socket;
  /** Boots it; resolves when its user data have been worked through. */
  readonly boot: (userData: string) => Promise<unknown>;
  /** Tells it by its metadata that it is to go. */
  readonly announceEnd: () => void;
  /** Shuts it down in order, or at once. */
  readonly end: (how: "in order" | "at once") => Promise<void>;
}

export type InstanceState = "Pending:Wait" | "InService" | "Terminating" | "Terminating:Wait" | "Terminated";

export interface Instance {
  readonly id: string;
  readonly zone: string;
  readonly template: string;
  state: InstanceState;
  /** When it came into service, ms. */
  inServiceAt: number | undefined;
  machine: LivingMachine | undefined;
}

/** An instance refresh, as AWS tells of it. */
export interface Refresh {
  readonly id: string;
  status: "InProgress" | "Successful" | "Failed" | "Cancelled";
  reason: string;
}

/** What a group needs of what surrounds it. */
export interface GroupWorld {
  readonly makeMachine: (instance: Pick<Instance, "id" | "zone">, image: string) => Promise<LivingMachine>;
  readonly register: (instance: Instance) => void;
  /** Resolves when connections have been drained. */
  readonly deregister: (instance: Instance) => Promise<void>;
  /** Out of the load balancer at once. */
  readonly forget: (instance: Instance) => void;
  /** Whether every target group calls it so. */
  readonly isHealthy: (instance: Instance) => boolean;
  readonly isUnhealthy: (instance: Instance) => boolean;
  /** Opens or closes a lifecycle action that the instance may complete. */
  readonly waitFor: (instance: Instance, hook: string, waits: boolean) => void;
  readonly changed: () => void;
  /** Whether an alarm sounds, by its name. */
  readonly sounds: (alarm: string) => boolean;
  readonly say: (kind: "good" | "bad" | "note", text: string) => void;
}

/** Milliseconds between two looks at what has become of the instances. */
const LOOK_MS = 1000;

/** Milliseconds that an instance has for its shutdown. */
const SHUTDOWN_MS = 60_000;

/**
 * An Auto Scaling group: launches, waits for the launch hook, puts into service, replaces what is unhealthy, takes away
 * after deregistration and the hook, refreshes.
 */
export class ScalingGroup {
  readonly instances: Instance[] = [];
  desired: number;
  /** Newest first. */
  readonly refreshes: Refresh[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly actions = new Map<string, (result: "CONTINUE" | "ABANDON") => void>();
  private readonly ending = new WeakSet<Instance>();
  /** Machines that are being made. */
  private readonly making = new Set<Promise<unknown>>();
  private stopped = false;

  constructor(
    public settings: GroupSettings,
    desired: number,
    private readonly world: GroupWorld,
  ) {
    this.desired = desired;
    this.timer = setInterval(() => {
      this.look();
    }, LOOK_MS);
    this.look();
  }

  /** Those that are there to stay. */
  get staying(): readonly Instance[] {
    return this.instances.filter(({ state }) => !state.startsWith("Terminat"));
  }

  get healthy(): readonly Instance[] {
    return this.staying.filter((each) => each.state === "InService" && this.world.isHealthy(each));
  }

  /** In service and unhealthy in a load balancer. */
  isSick(instance: Instance): boolean {
    return instance.state === "InService" && this.world.isUnhealthy(instance);
  }

  setDesired(desired: number): void {
    this.desired = Math.min(Math.max(desired, this.settings.min), this.settings.max);
    this.look();
  }

  /** Takes over what the program has changed. */
  configure(settings: GroupSettings, desired: number): void {
    this.settings = settings;
    this.desired = desired;
    this.look();
  }

  /** Replaces what is of another template than the group's, a few at a time; ends a refresh that is under way. */
  refresh(): Refresh {
    this.cancelRefresh("another one has begun");
    const id = randomBytes(16).toString("hex");
    const begun: Refresh = { id, status: "InProgress", reason: "" };
    this.refreshes.unshift(begun);
    this.world.say("note", `${this.settings.name}: an instance refresh begins`);
    this.look();
    return begun;
  }

  /** @returns whether there was one under way */
  cancelRefresh(reason: string): boolean {
    const [running] = this.refreshes;
    if (running?.status !== "InProgress") {
      return false;
    }
    Object.assign(running, { status: "Cancelled", reason });
    return true;
  }

  /** The agent, or an operator, completes a lifecycle action. */
  complete(id: string, result: "CONTINUE" | "ABANDON"): void {
    this.actions.get(id)?.(result);
  }

  find(id: string): Instance | undefined {
    return this.instances.find((each) => each.id === id);
  }

  /** Takes an instance away in order: out of the load balancer first, and after its hook. */
  async terminate(instance: Instance, why: string): Promise<void> {
    if (instance.state.startsWith("Terminat")) {
      return;
    }
    const served = instance.state === "InService";
    this.become(instance, "Terminating");
    this.world.say("note", `${instance.id} is taken away: ${why}`);
    instance.machine?.announceEnd();
    if (served) {
      await this.world.deregister(instance);
      await this.hook(instance, "terminating", "Terminating:Wait");
    } else {
      // Nobody waits for its launch any more.
      this.complete(instance.id, "ABANDON");
    }
    await this.end(instance, "in order");
  }

  /** Its machine is gone in this moment, as when its power fails. */
  async lose(instance: Instance): Promise<void> {
    this.world.say("bad", `${instance.id} has lost its power`);
    await instance.machine?.end("at once");
  }

  /** Resolves when the group has no instance any more. */
  async empty(): Promise<void> {
    clearInterval(this.timer);
    this.stopped = true;
    this.desired = 0;
    await Promise.all(this.staying.map((each) => this.terminate(each, "the group goes")));
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopped = true;
    // One that is being made ends when it is there.
    await Promise.allSettled(this.making);
    await Promise.all(this.instances.flatMap(({ machine }) => machine?.end("at once") ?? []));
  }

  /** Launches one, whatever the group's size. */
  launch(): void {
    const { zones, template } = this.settings;
    const inZone = (zone: string) => this.staying.filter((each) => each.zone === zone).length;
    const zone = [...zones].sort((a, b) => inZone(a) - inZone(b))[0] ?? "";
    const id = `i-${randomBytes(9).toString("hex").slice(0, 17)}`;
    const instance: Instance = {
      ...{ id, zone, template: template.name, state: "Pending:Wait" },
      ...{ inServiceAt: undefined, machine: undefined },
    };
    this.instances.push(instance);
    this.world.say("note", `${id} starts in ${zone}`);
    this.world.changed();
    this.start(instance, template).catch(async (error: unknown) => {
      if (!this.stopped) {
        this.world.say("bad", `${id} does not start: ${error instanceof Error ? error.message : String(error)}`);
        // Whatever keeps it from starting keeps the next one, too, for a while.
        await new Promise((resolve) => void setTimeout(resolve, LOOK_MS).unref());
        await this.end(instance, "at once");
      }
    });
  }

  private async start(instance: Instance, { image, userData }: Template): Promise<void> {
    // Whoever waits until it is made finds it.
    const making = this.world.makeMachine(instance, image).then((made) => (instance.machine = made));
    this.making.add(making);
    const machine = await making.finally(() => this.making.delete(making));
    const isWanted = () => !this.stopped && instance.state === "Pending:Wait";
    if (!isWanted()) {
      await machine.end("at once");
      return;
    }
    const booted = machine.boot(userData);
    const [result] = await Promise.all([this.hook(instance, "launching", "Pending:Wait"), booted]);
    if (!isWanted()) {
      // Somebody has taken it away meanwhile, and ends it.
      return;
    }
    if (result === "ABANDON") {
      this.world.say("bad", `${instance.id} has not come into service and is given up`);
      await this.end(instance, "at once");
      return;
    }
    instance.inServiceAt = Date.now();
    this.become(instance, "InService");
    this.world.register(instance);
  }

  /** Waits until the hook is completed or its time is over. */
  private async hook(
    instance: Instance,
    which: keyof typeof LIFECYCLE_HOOKS,
    state: InstanceState,
  ): Promise<"CONTINUE" | "ABANDON"> {
    const hook = this.settings.hooks[which];
    if (hook === undefined) {
      return "CONTINUE";
    }
    this.become(instance, state);
    this.world.waitFor(instance, hook.name, true);
    const result = await new Promise<"CONTINUE" | "ABANDON">((resolve) => {
      const timer = setTimeout(() => {
        resolve(hook.defaultResult);
      }, hook.heartbeat * 1000);
      timer.unref();
      this.actions.set(instance.id, (given) => {
        clearTimeout(timer);
        resolve(given);
      });
    });
    this.actions.delete(instance.id);
    this.world.waitFor(instance, hook.name, false);
    return result;
  }

  /** Once, whoever asks for it again meanwhile: it may be given up and taken away at the same time. */
  private async end(instance: Instance, how: "in order" | "at once"): Promise<void> {
    if (this.ending.has(instance)) {
      return;
    }
    this.ending.add(instance);
    this.world.forget(instance);
    const { machine } = instance;
    if (machine !== undefined) {
      const late = setTimeout(() => void machine.end("at once"), SHUTDOWN_MS);
      await machine.end(how);
      clearTimeout(late);
    }
    this.become(instance, "Terminated");
    this.instances.splice(this.instances.indexOf(instance), 1);
    this.world.changed();
    this.look();
  }

  private become(instance: Instance, state: InstanceState): void {
    if (instance.state !== state) {
      instance.state = state;
      this.world.changed();
    }
  }

  /** Replaces, launches and takes away until the group is as it is wanted. */
  private look(): void {
    if (this.stopped) {
      return;
    }
    const { gracePeriod, template } = this.settings;
    for (const each of this.staying) {
      const age = (Date.now() - (each.inServiceAt ?? Date.now())) / 1000;
      if (age > gracePeriod && this.world.isUnhealthy(each)) {
        void this.terminate(each, "it is unhealthy in the load balancer");
      }
    }
    const wanted = this.desired + this.surge();
    while (this.staying.length < wanted) {
      this.launch();
    }
    const crowded = (zone: string) => this.staying.filter((each) => each.zone === zone).length;
    const surplus = [...this.staying].sort(
      (a, b) => crowded(b.zone) - crowded(a.zone) || rank(a, template.name) - rank(b, template.name),
    );
    // One look takes away what it may, and the next sees the zones anew.
    for (const each of surplus.slice(0, Math.max(0, this.staying.length - wanted))) {
      void this.terminate(each, "the group has more than it wants");
    }
  }

  /** A step of the refresh. @returns how many instances the group has above its size meanwhile */
  private surge(): number {
    const [running] = this.refreshes;
    if (running?.status !== "InProgress") {
      return 0;
    }
    const { name, template, warmup, minHealthyPercentage, maxHealthyPercentage, stopAlarms } = this.settings;
    const alarm = stopAlarms.find((each) => this.world.sounds(each));
    if (alarm !== undefined) {
      // What it has not put in place it leaves: nothing is turned back.
      Object.assign(running, { status: "Failed", reason: `the alarm ${alarm} sounds` });
      this.world.say("bad", `${name}: the instance refresh is stopped, since the alarm ${alarm} sounds`);
      return 0;
    }
    const isFormer = (each: Instance) => each.template !== template.name;
    const isWarm = ({ inServiceAt = Infinity }: Instance) => (Date.now() - inServiceAt) / 1000 >= warmup;
    const least = Math.ceil((this.desired * minHealthyPercentage) / 100);
    const counted = this.healthy.filter((each) => isFormer(each) || isWarm(each)).length;
    for (const each of this.staying.filter(isFormer).slice(0, Math.max(0, counted - least))) {
      void this.terminate(each, "the refresh has put another in its place");
    }
    const former = this.staying.filter(isFormer).length;
    if (former === 0 && this.staying.every(isWarm)) {
      running.status = "Successful";
      this.world.say("good", `${this.settings.name}: the instance refresh is done`);
    }
    const room = Math.max(1, Math.floor((this.desired * maxHealthyPercentage) / 100) - this.desired);
    return Math.min(room, former);
  }
}

/** Who goes first of those in a zone: what does not serve yet, then what is of a former template, then the oldest. */
function rank({ state, template, inServiceAt = 0 }: Instance, current: string): number {
  return state !== "InService" ? -2 : template !== current ? -1 : inServiceAt;
}
