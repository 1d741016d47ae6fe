import * as grpc from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb";
import status from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Made } from "./cloud";
import type { Refusal } from "./refusal";

/** The thing is there, but the provider failed after that: the engine keeps it in its state and tries an update next. */
export class HalfDone extends Error {
  readonly metadata = new grpc.Metadata();

  constructor(cause: Refusal, { id, properties }: Made) {
    super(cause.message, { cause });
    const detail = new provider.ErrorResourceInitFailed();
    detail.setId(id);
    detail.setProperties(Struct.fromJavaScript(properties));
    detail.addReasons(cause.message);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const told = new status.Status();
    told.setCode(grpc.status.UNKNOWN);
    told.setMessage(cause.message);
    told.addDetails(packed);
    this.metadata.add("grpc-status-details-bin", Buffer.from(told.serializeBinary()));
  }
}
