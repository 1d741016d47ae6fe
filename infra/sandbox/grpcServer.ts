import * as grpc from "@grpc/grpc-js";

export interface Server {
  /** On the loopback interface. */
  readonly port: number;
  stop(): void;
}

/** Serves one gRPC service on a free port of the loopback interface. Methods that are not given answer UNIMPLEMENTED. */
export async function serve<S extends grpc.UntypedServiceImplementation>(
  service: grpc.ServiceDefinition<S>,
  implementation: grpc.UntypedServiceImplementation,
): Promise<Server> {
  // States of large stacks pass gRPC's usual 4 MB.
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(service, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) {
        resolve(bound);
      } else {
        reject(error);
      }
    });
  });
  return {
    port,
    stop: () => {
      server.forceShutdown();
    },
  };
}

/** A method with one request and one answer; what it throws reaches the caller as an error with that message. */
export function unary<Q, A>(answer: (request: Q) => A | Promise<A>): grpc.handleUnaryCall<Q, A> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(answer)
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback({
            code: grpc.status.UNKNOWN,
            details: error instanceof Error ? error.message : String(error),
            // What a message has no room for: a provider says here that a resource is half made.
            ...(hasMetadata(error) ? { metadata: error.metadata } : {}),
          });
        },
      );
  };
}

function hasMetadata(error: unknown): error is { readonly metadata: grpc.Metadata } {
  return error instanceof Error && "metadata" in error && error.metadata instanceof grpc.Metadata;
}
