import type * as grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb";
import provider from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { unary } from "../grpcServer";
import { checked } from "./check";
import type { Cloud, Made, Target } from "./cloud";
import { difference, type Change } from "./diff";
import type { Faults, Method } from "./faults";
import { HalfDone } from "./halfDone";
import { kindOf } from "./kinds";
import type { Live } from "./live";
import { shown, type CallLog, type LogEntry } from "./log";
import { isRecord, plainValues, text, type Values } from "./values";

/** What the calls of a package are carried out with. */
export interface Backing {
  readonly cloud: Cloud;
  readonly faults: Faults;
  readonly log: CallLog;
  /** Version that the package says it has. */
  readonly version: string;
  readonly live?: Live | undefined;
}

/** The gRPC service of a resource provider, for one package. */
export function providerService({ cloud, faults, log, version, live }: Backing): grpc.UntypedServiceImplementation {
  /** Carries a call out, and writes it down whatever comes of it. */
  async function logged<T>(entry: Omit<LogEntry, "outcome">, work: () => T | Promise<T>): Promise<T> {
    try {
      const result = await work();
      log.write({ ...entry, outcome: "done", ...(isMade(result) ? { id: result.id } : {}) });
      return result;
    } catch (error) {
      log.write({ ...entry, outcome: "refused", error: message(error) });
      throw error;
    }
  }

  /** The same for a call on a resource, with the faults that are planned for it. */
  function struck<T>(
    method: Method,
    entry: Omit<LogEntry, "outcome" | "method">,
    work: () => T | Promise<T>,
  ): Promise<T> {
    const name = nameOf(entry.urn);
    return logged({ ...entry, method }, async () => {
      try {
        const late = entry.preview
          ? undefined
          : await faults.strike({ method, type: entry.type, name }, () => {
              log.write({
                ...entry,
                method,
                outcome: "throttled",
                error: "api error ThrottlingException: Rate exceeded",
              });
            });
        const result = await work();
        const failure = late ?? (isMade(result) ? result.late : undefined);
        if (failure !== undefined) {
          throw isMade(result) && method !== "read" ? new HalfDone(failure, result) : failure;
        }
        return result;
      } catch (error) {
        throw error instanceof HalfDone
          ? error
          : new Error(`${GERUND[method]} ${entry.type} (${name}): ${message(error)}`);
      }
    });
  }

  /** What is there now comes to life; what fails then has failed after it was done. */
  async function enlivened(type: string, inputs: Values, made: Made, preview: boolean): Promise<Made> {
    const entity = cloud.world.get({ type, id: made.id, region: cloud.regionOf(type, inputs) });
    const failed = preview || entity === undefined ? undefined : await live?.changed(entity, inputs);
    return failed === undefined ? made : { ...made, late: made.late ?? failed };
  }

  function entryOf(urn: string, values: Values, preview: boolean) {
    const type = typeOf(urn);
    return { urn, type, region: cloud.regionOf(type, values), preview };
  }

  return {
    handshake: unary(() => {
      const response = new provider.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      response.setAcceptOutputs(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    attach: unary(() => new Empty()),
    cancel: unary(() => new Empty()),
    getPluginInfo: unary(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    checkConfig: unary((request: provider.CheckRequest) => {
      const response = new provider.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: unary(() => {
      // A new default region moves only what names none, and each such resource says so itself.
      const response = new provider.DiffResponse();
      response.setChanges(provider.DiffResponse.DiffChanges.DIFF_NONE);
      return response;
    }),
    configure: unary((request: provider.ConfigureRequest) => {
      const args = plainValues(values(request.getArgs()));
      // What was edited by hand since the last command counts.
      cloud.world.load();
      cloud.settings = { region: text(args.region), defaultTags: tagsOf(args.defaultTags) };
      const response = new provider.ConfigureResponse();
      response.setSupportspreview(true);
      response.setAcceptsecrets(true);
      response.setAcceptresources(true);
      response.setAcceptoutputs(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    invoke: unary((request: provider.InvokeRequest) => {
      throw new Error(`the sandbox's AWS answers no look-up, got ${request.getTok()}: footprint makes none`);
    }),
    check: unary((request: provider.CheckRequest) => {
      const [olds, news] = [values(request.getOlds()), values(request.getNews())];
      const entry = { ...entryOf(request.getUrn(), news, false), method: "check", inputs: shown(news) };
      return logged(entry, () => {
        const naming = request.getAutonaming();
        const { inputs, failure } = checked(kindOf(entry.type), olds, news, {
          logicalName: nameOf(entry.urn),
          randomSeed: request.getRandomseed_asU8(),
          ...(naming === undefined
            ? {}
            : { autonaming: { proposedName: naming.getProposedName(), mode: naming.getMode() } }),
        });
        const response = new provider.CheckResponse();
        response.setInputs(Struct.fromJavaScript(inputs));
        if (failure !== undefined) {
          const failed = new provider.CheckFailure();
          failed.setProperty(failure.property);
          failed.setReason(failure.reason);
          response.addFailures(failed);
        }
        return response;
      });
    }),
    diff: unary((request: provider.DiffRequest) => {
      const [olds, news] = [values(request.getOlds()), values(request.getNews())];
      const entry = { ...entryOf(request.getUrn(), olds, false), method: "diff" };
      const before = withRegion(request.hasOldInputs() ? values(request.getOldInputs()) : olds, entry.region);
      const after = withRegion(news, cloud.regionOf(entry.type, news));
      const found = difference(entry.type, before, after, request.getIgnorechangesList());
      return logged({ ...entry, changed: found.changed, replaces: found.replaces }, () => {
        const response = new provider.DiffResponse();
        const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
        response.setChanges(found.changed.length > 0 ? DIFF_SOME : DIFF_NONE);
        response.setDiffsList([...found.changed]);
        response.setReplacesList([...found.replaces]);
        response.setHasdetaileddiff(true);
        for (const [path, { change, replaces }] of found.detailed) {
          const detail = new provider.PropertyDiff();
          detail.setKind(kindOfChange(change, replaces));
          detail.setInputdiff(true);
          response.getDetaileddiffMap().set(path, detail);
        }
        return response;
      });
    }),
    create: unary(async (request: provider.CreateRequest) => {
      const inputs = values(request.getProperties());
      const target = targetOf(request.getUrn());
      const preview = request.getPreview();
      const entry = { ...entryOf(target.urn, inputs, preview), inputs: shown(inputs) };
      const made = await struck("create", entry, () =>
        enlivened(target.type, inputs, cloud.create(target, inputs, preview), preview),
      );
      const response = new provider.CreateResponse();
      response.setId(made.id);
      response.setProperties(Struct.fromJavaScript(made.properties));
      return response;
    }),
    read: unary(async (request: provider.ReadRequest) => {
      const [known, inputs] = [values(request.getProperties()), values(request.getInputs())];
      const target = targetOf(request.getUrn());
      const entry = entryOf(target.urn, known, false);
      const found = await struck("read", entry, () => cloud.read(target, request.getId(), known, inputs));
      const response = new provider.ReadResponse();
      if (found !== undefined) {
        response.setId(found.id);
        response.setProperties(Struct.fromJavaScript(found.properties));
        response.setInputs(Struct.fromJavaScript(found.inputs));
      }
      return response;
    }),
    update: unary(async (request: provider.UpdateRequest) => {
      const [olds, inputs] = [values(request.getOlds()), values(request.getNews())];
      const target = targetOf(request.getUrn());
      const preview = request.getPreview();
      const oldInputs = request.hasOldInputs() ? values(request.getOldInputs()) : olds;
      const entry = { ...entryOf(target.urn, inputs, preview), inputs: shown(inputs) };
      const made = await struck("update", entry, () =>
        enlivened(
          target.type,
          inputs,
          cloud.update(target, request.getId(), olds, oldInputs, inputs, preview),
          preview,
        ),
      );
      const response = new provider.UpdateResponse();
      response.setProperties(Struct.fromJavaScript(made.properties));
      return response;
    }),
    delete: unary(async (request: provider.DeleteRequest) => {
      const known = values(request.getProperties());
      const target = targetOf(request.getUrn());
      const entry = entryOf(target.urn, known, false);
      await struck("delete", { ...entry, id: request.getId() }, async () => {
        const entity = cloud.world.get({ type: target.type, id: request.getId(), region: entry.region });
        if (entity !== undefined) {
          await live?.leaving(entity);
        }
        cloud.delete(target, request.getId(), known);
      });
      return new Empty();
    }),
  };
}

const GERUND: Readonly<Record<Method, string>> = {
  create: "creating",
  read: "reading",
  update: "updating",
  delete: "deleting",
};

function targetOf(urn: string): Target {
  return { urn, type: typeOf(urn) };
}

function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function values(struct: Struct | undefined): Values {
  return struct?.toJavaScript() ?? {};
}

function withRegion(inputs: Values, region: string | null): Values {
  return plainValues(region === null ? inputs : { ...inputs, region });
}

/** `defaultTags` come as JSON text when they stand in the stack's configuration. */
function tagsOf(defaultTags: Values[string] | undefined): Values {
  const given: unknown = typeof defaultTags === "string" ? JSON.parse(defaultTags) : defaultTags;
  const { tags } = (given ?? {}) as { readonly tags?: Values };
  return isRecord(tags) ? tags : {};
}

function kindOfChange(change: Change, replaces: boolean): provider.PropertyDiff.Kind {
  const { Kind } = provider.PropertyDiff;
  switch (change) {
    case "add":
      return replaces ? Kind.ADD_REPLACE : Kind.ADD;
    case "delete":
      return replaces ? Kind.DELETE_REPLACE : Kind.DELETE;
    case "update":
      return replaces ? Kind.UPDATE_REPLACE : Kind.UPDATE;
  }
}

function isMade(result: unknown): result is Made {
  return typeof result === "object" && result !== null && "properties" in result && "id" in result;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
