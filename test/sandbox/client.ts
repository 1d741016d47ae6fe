import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import provider from "@pulumi/pulumi/proto/provider_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { startStandIn, type StandIn } from "../../infra/sandbox/aws/standIn";
import type { Values } from "../../infra/sandbox/aws/values";
import { World, type Entity } from "../../infra/sandbox/aws/world";

export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Values;
  readonly id: string;
  readonly outputs: Values;
}

/** The engine's side of a stand-in: what the engine would ask, over gRPC. */
export class Client {
  private constructor(
    readonly folder: string,
    private standIn: StandIn,
    private readonly seed: string,
    private clients: Readonly<Record<"aws" | "random", ResourceProviderClient>>,
  ) {}

  /** A stand-in with a folder of its own, configured for us-east-1. */
  static async open(seed = "test"): Promise<Client> {
    const folder = mkdtempSync(path.join(tmpdir(), "footprint-stand-in-"));
    const standIn = await startStandIn({ folder, seed });
    const client = new Client(folder, standIn, seed, clientsOf(standIn));
    await client.configure();
    return client;
  }

  async configure(args: Values = { region: "us-east-1" }): Promise<void> {
    const request = new provider.ConfigureRequest();
    request.setArgs(Struct.fromJavaScript(args));
    await call(this.clients.aws, "configure", request);
  }

  /** Ends the stand-in and starts one on the same folder. */
  async restart(): Promise<void> {
    this.disconnect();
    this.standIn = await startStandIn({ folder: this.folder, seed: this.seed });
    this.clients = clientsOf(this.standIn);
    await this.configure();
  }

  close(): void {
    this.disconnect();
    rmSync(this.folder, { recursive: true });
  }

  private disconnect(): void {
    this.clients.aws.close();
    this.clients.random.close();
    this.standIn.stop();
  }

  /** Client of the package that a type belongs to. */
  of(type: string): ResourceProviderClient {
    return type.startsWith("random:") ? this.clients.random : this.clients.aws;
  }

  entities(): readonly Entity[] {
    return new World(path.join(this.folder, "entities")).entities();
  }

  /** Lets exactly these exist. */
  async hasOnly(entities: readonly Entity[]): Promise<void> {
    const world = new World(path.join(this.folder, "entities"));
    world.entities().forEach((each) => {
      world.remove(each);
    });
    entities.forEach((each) => {
      world.put(each);
    });
    await this.configure();
  }

  async check(
    type: string,
    name: string,
    news: Values,
    olds: Values = {},
    refine: (request: provider.CheckRequest) => void = () => undefined,
  ): Promise<{ readonly inputs: Values; readonly failures: readonly string[] }> {
    const request = new provider.CheckRequest();
    request.setUrn(urnOf(type, name));
    request.setNews(Struct.fromJavaScript(news));
    request.setOlds(Struct.fromJavaScript(olds));
    request.setRandomseed(new Uint8Array(32).fill(7));
    refine(request);
    const response = await call<provider.CheckResponse>(this.of(type), "check", request);
    return {
      inputs: response.getInputs()?.toJavaScript() ?? {},
      failures: response.getFailuresList().map((each) => `${each.getProperty()}: ${each.getReason()}`),
    };
  }

  async diff(type: string, olds: Values, news: Values): Promise<provider.DiffResponse.AsObject> {
    const request = new provider.DiffRequest();
    request.setUrn(urnOf(type, "compared"));
    request.setOlds(Struct.fromJavaScript(olds));
    request.setOldInputs(Struct.fromJavaScript(olds));
    request.setNews(Struct.fromJavaScript(news));
    return (await call<provider.DiffResponse>(this.of(type), "diff", request)).toObject();
  }

  async create(type: string, name: string, inputs: Values, preview = false): Promise<Resource> {
    const request = new provider.CreateRequest();
    request.setUrn(urnOf(type, name));
    request.setProperties(Struct.fromJavaScript(inputs));
    request.setPreview(preview);
    const response = await call<provider.CreateResponse>(this.of(type), "create", request);
    return { type, name, inputs, id: response.getId(), outputs: response.getProperties()?.toJavaScript() ?? {} };
  }

  async update(resource: Resource, inputs: Values, preview = false): Promise<Resource> {
    const request = new provider.UpdateRequest();
    request.setUrn(urnOf(resource.type, resource.name));
    request.setId(resource.id);
    request.setOlds(Struct.fromJavaScript(resource.outputs));
    request.setOldInputs(Struct.fromJavaScript(resource.inputs));
    request.setNews(Struct.fromJavaScript(inputs));
    request.setPreview(preview);
    const response = await call<provider.UpdateResponse>(this.of(resource.type), "update", request);
    return { ...resource, inputs, outputs: response.getProperties()?.toJavaScript() ?? {} };
  }

  /** What is there now, with an empty id when it is gone. */
  async read(resource: Pick<Resource, "type" | "name" | "id" | "inputs" | "outputs">): Promise<Resource> {
    const request = new provider.ReadRequest();
    request.setUrn(urnOf(resource.type, resource.name));
    request.setId(resource.id);
    request.setProperties(Struct.fromJavaScript(resource.outputs));
    request.setInputs(Struct.fromJavaScript(resource.inputs));
    const response = await call<provider.ReadResponse>(this.of(resource.type), "read", request);
    return {
      ...resource,
      id: response.getId(),
      outputs: response.getProperties()?.toJavaScript() ?? {},
      inputs: response.getInputs()?.toJavaScript() ?? {},
    };
  }

  async delete(resource: Pick<Resource, "type" | "name" | "id" | "outputs">): Promise<void> {
    const request = new provider.DeleteRequest();
    request.setUrn(urnOf(resource.type, resource.name));
    request.setId(resource.id);
    request.setProperties(Struct.fromJavaScript(resource.outputs));
    await call<Empty>(this.of(resource.type), "delete", request);
  }
}

function urnOf(type: string, name: string): string {
  return `urn:pulumi:test::footprint::footprint:pop:Pop$${type}::${name}`;
}

/** One call; its error has the message that the engine would print. */
export function call<A>(client: ResourceProviderClient, method: string, request: object): Promise<A> {
  return new Promise((resolve, reject) => {
    const unary = Reflect.get(client, method) as (
      request: object,
      callback: (error: grpc.ServiceError | null, response: A) => void,
    ) => void;
    unary.call(client, request, (error, response) => {
      if (error === null) {
        resolve(response);
      } else {
        reject(Object.assign(new Error(error.details), { metadata: error.metadata }));
      }
    });
  });
}

function clientsOf({ ports }: StandIn): Readonly<Record<"aws" | "random", ResourceProviderClient>> {
  const client = (port: number) => new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return { aws: client(ports.aws), random: client(ports.random) };
}
