import * as pulumi from "@pulumi/pulumi";
import type { Alias as AliasProto } from "@pulumi/pulumi/proto/alias_pb";
import provider from "@pulumi/pulumi/proto/provider_pb";
import resource from "@pulumi/pulumi/proto/resource_pb";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { COMPUTED_ON_WIRE, decode, secretOnWire, type JsonValue } from "./wire";

/** One resource as the program registers it. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** URN of the parent; null for what stands directly below the stack. */
  readonly parent: string | null;
  /** A provider's resource, not a component. */
  readonly custom: boolean;
  /** As `decode` of `wire.ts` gives them. */
  readonly inputs: Readonly<Record<string, JsonValue>>;
  /** Those that differ from the engine's defaults. */
  readonly options: Readonly<Record<string, JsonValue>>;
  /** URNs, in code-unit order. */
  readonly dependencies: readonly string[];
}

export interface Recording {
  /** In the order of registration, without the stack itself. */
  readonly registrations: readonly Registration[];
  /** The program's exports. */
  readonly outputs: JsonValue;
}

export interface RecordOptions {
  /** Default: `test`. */
  readonly stack?: string;
  /** The stack's configuration, as the engine hands it over. */
  readonly config?: Readonly<Record<string, string>>;
  /**
   * What a provider adds to a resource's inputs when it makes it. Given, the program runs as in an update, and every
   * resource has an id (`id`, if that is among them); absent, as in a preview: whatever a provider computes is unknown, never invented.
   */
  readonly computed?: (registration: Registration) => Readonly<Record<string, JsonValue>>;
}

/** What a secret output holds in an update: it must not turn up anywhere in plain sight. */
export const CANARY = "canary-of-a-secret";

const PROJECT = "footprint";
/** Type of the resource at the root of every stack. */
export const STACK_TYPE = "pulumi:pulumi:Stack";

let running: Promise<unknown> = Promise.resolve();

/**
 * Runs a Pulumi program without engine, cloud or network, and records what it registers.
 *
 * Pulumi's mocks alone would not do: they keep only one parent in a URN, hide options and dependencies, take two
 * resources of one URN in silence, ignore which outputs are secret, and mix programs that run at the same time. All
 * that is mended here, so that the plan says what the engine would be told.
 *
 * @throws what the program throws; an Error naming every duplicate URN and every look-up that it made
 */
export function record(program: () => unknown, options: RecordOptions = {}): Promise<Recording> {
  // Monitor, configuration and stack are globals of the process: one program at a time.
  const once = (): Promise<Recording> => recordAlone(program, options);
  const run = running.then(() => withoutStacks(once).catch(once));
  running = run.catch(() => undefined);
  return run;
}

/**
 * Pulumi notes the stack of every promise that it makes, some hundred thousand for a large footprint, and watches over each
 * until it is settled. Taking and writing these would take most of the time (under jest nine tenths), so meanwhile a stack is
 * empty, and watching a third of the rest, so meanwhile a promise stays what it is. A program that throws runs once more, to
 * say where.
 */
async function withoutStacks<T>(run: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  const former: unknown = Reflect.get(Error, "prepareStackTrace");
  const watched = { ...debuggable };
  Error.stackTraceLimit = 0;
  Error.prepareStackTrace = (error) => String(error);
  Object.assign(debuggable, { debuggablePromise: <P>(promise: P): P => promise });
  try {
    return await run();
  } finally {
    Object.assign(debuggable, watched);
    Reflect.set(Error, "prepareStackTrace", former);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function recordAlone(program: () => unknown, options: RecordOptions): Promise<Recording> {
  const registrations = new Map<string, Registration>();
  const problems: string[] = [];
  const preview = options.computed === undefined;

  await pulumi.runtime.setMocks(NO_MOCKS, PROJECT, options.stack ?? "test", preview);
  pulumi.runtime.setAllConfig({ ...options.config });
  const monitor = pulumi.runtime.getMonitor();
  if (monitor === undefined) {
    throw new Error("Pulumi has no monitor although mocks are set");
  }
  Object.assign(monitor, {
    registerResource: (request: resource.RegisterResourceRequest, callback: Callback) => {
      const made = registration(request, pulumi.getStack());
      if (made.type !== STACK_TYPE) {
        if (registrations.has(made.urn)) {
          problems.push(`two resources have the URN ${made.urn}`);
        }
        registrations.set(made.urn, made);
      }
      callback(null, registered(request, made, options.computed));
    },
    registerResourceOutputs: (_request: unknown, callback: (error: null, result: object) => void) => {
      callback(null, {});
    },
    invoke: (request: resource.ResourceInvokeRequest, callback: Callback) => {
      problems.push(`the program looks something up: ${request.getTok()}`);
      // An error here would reject a promise that nobody awaits, and end the process before it is told.
      const nothing = new provider.InvokeResponse();
      nothing.setReturn(new Struct());
      callback(null, nothing);
    },
  });

  let outputs: unknown;
  let failure: { readonly error: unknown } | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    try {
      outputs = await program();
      return outputs;
    } catch (error) {
      // Thrown on inside the stack, it would end the process.
      failure = { error };
      return undefined;
    }
  });
  const wire = await pulumi.runtime.serializeProperties("outputs", { outputs });
  // What is made in an `apply` that nobody awaits is registered some turns later, as with the engine.
  for (let known = -1; known < registrations.size;) {
    known = registrations.size;
    await new Promise(setImmediate);
  }
  await pulumi.runtime.disconnect();

  if (failure !== undefined) {
    throw failure.error;
  }
  if (problems.length > 0) {
    throw new Error(problems.join("\n"));
  }
  return { registrations: [...registrations.values()], outputs: decode((wire.outputs ?? null) as JsonValue) };
}

type Callback = (error: null, response: resource.RegisterResourceResponse | provider.InvokeResponse) => void;

/** `setMocks` wants some; every call is answered by the monitor's replaced methods. */
const NO_MOCKS: pulumi.runtime.Mocks = {
  newResource: () => ({ id: undefined, state: {} }),
  call: () => ({}),
};

/** What a request to register a resource says; the URN is the engine's. */
export function registration(request: resource.RegisterResourceRequest, stack: string): Registration {
  const parent = request.getParent();
  const belowStack = parent === "" || qualifiedType(parent) === STACK_TYPE;
  const type = belowStack ? request.getType() : `${qualifiedType(parent)}$${request.getType()}`;
  const urn = `urn:pulumi:${stack}::${PROJECT}::${type}::${request.getName()}`;
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    parent: belowStack ? null : parent,
    custom: request.getCustom(),
    inputs: decode(wireInputs(request)) as Record<string, JsonValue>,
    options: changedOptions(request, urn),
    dependencies: [...request.getDependenciesList()].sort(),
  };
}

function qualifiedType(urn: string): string {
  return urn.split("::")[2] ?? "";
}

function wireInputs(request: resource.RegisterResourceRequest): Record<string, JsonValue> {
  return request.getObject()?.toJavaScript() ?? {};
}

function changedOptions(request: resource.RegisterResourceRequest, urn: string): Record<string, JsonValue> {
  const timeouts = request.getCustomtimeouts();
  return withoutDefaults({
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    replacementTrigger: triggerOf(request),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: request.getAliasesList().flatMap((alias) => formerUrn(alias, urn, request.getCustom())),
    customTimeouts: withoutDefaults({
      create: timeouts?.getCreate() ?? "",
      update: timeouts?.getUpdate() ?? "",
      delete: timeouts?.getDelete() ?? "",
    }),
    provider: request.getProvider(),
    deletedWith: request.getDeletedwith(),
    import: request.getImportid(),
  });
}

/** What replaces the resource when it changes; an empty text where there is nothing of the kind. */
function triggerOf(request: resource.RegisterResourceRequest): JsonValue {
  return decode(request.getReplacementTrigger()?.toJavaScript() ?? "");
}

/** The URN that an alias stands for. Of a provider's resource, one of a type alone is the SDK's own. */
function formerUrn(alias: AliasProto, urn: string, custom: boolean): string[] {
  const spec = alias.getSpec();
  if (spec === undefined) {
    return [alias.getUrn()];
  }
  const { name, type, parenturn: parent, noparent: noParent } = spec.toObject();
  if (custom && type !== "" && name === "") {
    return [];
  }
  const [stack, project, types = "", ownName] = urn.split("::");
  const own = types.split("$");
  const above = noParent ? [STACK_TYPE] : parent === "" ? own.slice(0, -1) : [qualifiedType(parent)];
  const qualified = [...above.filter((each) => each !== STACK_TYPE), type === "" ? own.at(-1) : type].join("$");
  return [[stack, project, qualified, name === "" ? ownName : name].join("::")];
}

function withoutDefaults(options: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => !isDefault(value)));
}

function isDefault(value: JsonValue): boolean {
  return (
    value === false || value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

/** The engine's answer: as in a preview, or with what a provider computes. */
export function registered(
  request: resource.RegisterResourceRequest,
  made: Registration,
  computed?: RecordOptions["computed"],
): resource.RegisterResourceResponse {
  const outputs: Record<string, JsonValue> = { ...wireInputs(request) };
  for (const secret of request.getAdditionalsecretoutputsList()) {
    outputs[secret] ??= secretOnWire(computed === undefined ? COMPUTED_ON_WIRE : CANARY);
  }
  const result = new resource.RegisterResourceResponse();
  result.setUrn(made.urn);
  if (computed !== undefined) {
    Object.assign(outputs, computed(made));
    const id = typeof outputs.id === "string" ? outputs.id : `id-of-${made.name}`;
    result.setId(request.getCustom() ? id : "");
  }
  result.setObject(Struct.fromJavaScript(outputs));
  return result;
}
